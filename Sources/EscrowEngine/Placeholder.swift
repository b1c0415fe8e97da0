// EscrowEngine
