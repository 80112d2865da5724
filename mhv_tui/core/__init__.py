"""The product's own words: findings, steps, answers, events, ports. Standard library and tomli-w only."""
