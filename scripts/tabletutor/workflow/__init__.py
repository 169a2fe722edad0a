"""All that knows Snakemake: what a rule's code is, the context its script runs in, the set-up of a project."""
