"""One network of many sites whose frames never leave them."""
