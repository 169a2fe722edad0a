"""Everything that knows Snakemake: code identity, provenance, the context of jobs, and the set-up of a run."""
