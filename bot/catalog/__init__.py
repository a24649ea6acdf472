"""readiness.yaml -> Catalog: what a team wants to be true, read strictly. Start at `loader`."""
