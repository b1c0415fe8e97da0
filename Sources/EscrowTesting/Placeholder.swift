// EscrowTesting
