"""structured_trees.json: agglomerative clustering along the edges of a graph.

    {"cases": those of clustering.py with "neighbors": the graph has an edge from each row to so many nearest others, or "radius": to those
                within it}
"""

from clustering import CANCER, DIABETES, WINE, case, describe, rows_of
from common import write
from sklearn.cluster import AgglomerativeClustering
from sklearn.neighbors import kneighbors_graph, radius_neighbors_graph

# Equal distances everywhere: each row has an edge to those beside, before and behind it.
GRID = {"X": [[i, j] for i in range(6) for j in range(5)], "test": [[0, 0]]}

WHOLE = {"n_clusters": 4}
HOWS = (WHOLE, {"n_clusters": 30, "compute_full_tree": False}, {"n_clusters": None, "distance_threshold": 2.0})


def cases():
    for ref in (WINE, CANCER, DIABETES):
        X, _ = rows_of(ref)
        for neighbors in (6, 1):
            # One neighbour each leaves many parts, which have to be joined.
            graph = kneighbors_graph(X, neighbors, include_self=False)
            for linkage in ("ward", "complete", "average", "single"):
                for metric in ("euclidean",) if linkage == "ward" or neighbors == 1 else ("euclidean", "manhattan", "cosine"):
                    for how in HOWS if metric == "euclidean" and neighbors == 6 else (WHOLE,):
                        options = {"linkage": linkage, "metric": metric, **how}
                        model = AgglomerativeClustering(**options, connectivity=graph, compute_distances=True)
                        learned = ["labels", "n_connected_components"]
                        if how is WHOLE and metric == "euclidean" and ref is WINE:
                            learned += ["distances", "children"]
                        one = case(model, ref, learned, params=options)
                        yield {**one, "name": f"{describe(one['params'])}, {neighbors} neighbours, of {ref['dataset']}", "neighbors": neighbors}
    X, _ = rows_of(GRID)
    graph = radius_neighbors_graph(X, 1.0, include_self=False)
    for linkage in ("ward", "complete", "average", "single"):
        options = {"linkage": linkage, "n_clusters": 7}
        model = AgglomerativeClustering(**options, connectivity=graph, compute_distances=True)
        learned = ["labels", "n_connected_components", "distances", "children"]
        yield {**case(model, GRID, learned, params=options), "name": f"{linkage} of a grid", "radius": 1}


def main():
    write("structured_trees", cases=list(cases()))


if __name__ == "__main__":
    main()
