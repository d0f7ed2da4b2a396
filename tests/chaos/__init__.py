"""Workers killed and transactions spoilt while alerts flow through a real Kafka."""
