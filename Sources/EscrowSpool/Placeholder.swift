// EscrowSpool
