"""neurona: neural networks on a CPU, fast, exact and open to inspection."""
