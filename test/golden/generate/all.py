"""Writes every golden file anew, the same bytes each time, with the packages of requirements.txt:

    pip install -r test/golden/generate/requirements.txt
    python test/golden/generate/all.py

exports.py, onnx_networks.py and keras_files.py need the files that exports.mjs, network_exports.mjs and keras_exports.mjs write: run those first, by
`node test/golden/generate/exports.mjs`, after a build. The
bundled data sets are not touched; datasets.py makes those.
"""

import warnings

import attributes
import autograd
import baselines
import binned_trees
import bins
import boosting
import clustering
import structured_trees
import compositions
import curves
import decompositions
import delegates
import ensembles
import estimator_names
import explanations
import exports
import feature_selection
import hist_boosting
import imputation
import generalized
import given_categories
import infrequent
import inspection
import interchange
import keras_files
import keras_models
import label_targets
import liblinear
import linear
import linear_folds
import linear_models
import loaded_datasets
import manifold
import metrics
import mlp
import monitor
import naive_bayes
import neighbors
import nn_steps
import onnx_files
import onnx_networks
import pairwise
import parquet_files
import paths
import partial_fits
import precomputed
import prepare
import preprocessing
import projections
import quantization
import ranking
import resnet18
import safetensors_files
import searches
import sparse
import sparse_machines
import sparse_results
import splines
import splits
import svm
import targets
import text
import thresholds
import transformers
import tree_dependence
import tree_options
import trees
import voting
import wrappers
from threadpoolctl import threadpool_limits

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # Sums of BLAS depend on its number of threads.
    with threadpool_limits(1):
        scripts = (
            *(loaded_datasets, prepare, metrics, monitor, pairwise, decompositions),
            *(preprocessing, transformers, compositions, feature_selection, imputation, projections, clustering, structured_trees),
            *(splits, splines, searches, curves, thresholds, estimator_names, baselines),
            *(linear, linear_folds, linear_models, paths, generalized, manifold, naive_bayes, neighbors, precomputed, trees, tree_options, binned_trees),
            *(boosting, hist_boosting, ranking, voting, ensembles, svm, wrappers, text, sparse, sparse_machines, sparse_results),
            *(attributes, partial_fits, given_categories, infrequent, bins, targets, label_targets, delegates, liblinear),
            *(nn_steps, mlp, autograd, keras_models, keras_files, resnet18),
            *(interchange, explanations, inspection, tree_dependence, parquet_files, onnx_files, onnx_networks, quantization),
            *(exports, safetensors_files),
        )
        for script in scripts:
            script.main()
