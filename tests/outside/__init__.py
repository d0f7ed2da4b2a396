"""A package as a stranger installs it: its code, and what says where its stage is."""
