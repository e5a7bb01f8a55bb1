def figures_and_tables(wildcards):
    return []
