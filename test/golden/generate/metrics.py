"""metrics.json: what scikit-learn's metrics return.

    {"inputs": {name: array}, "cases": [{"metric", "args": [input names], "options", "expected"}]}

`metric` is boreal's name, `options` its options. A string "$name" among the options stands for that input. Curves and
precisionRecallFscoreSupport are expected as objects with the names that boreal gives their parts.
"""

import warnings

import numpy as np
import sklearn.metrics as m
from common import camel_keys, write

NAMES = {
    "entropy": m.cluster.entropy,
    "expectedMutualInformation": lambda table: m.cluster.expected_mutual_information(table, table.sum()),
    "accuracyScore": m.accuracy_score,
    "balancedAccuracy": m.balanced_accuracy_score,
    "precisionRecallFscoreSupport": m.precision_recall_fscore_support,
    "precisionScore": m.precision_score,
    "recallScore": m.recall_score,
    "f1Score": m.f1_score,
    "confusionMatrix": m.confusion_matrix,
    "classificationReport": m.classification_report,
    "matthews": m.matthews_corrcoef,
    "rocAucScore": m.roc_auc_score,
    "rocCurve": m.roc_curve,
    "precisionRecallCurve": m.precision_recall_curve,
    "averagePrecision": m.average_precision_score,
    "dcgScore": m.dcg_score,
    "ndcgScore": m.ndcg_score,
    "logLoss": m.log_loss,
    "brierScore": m.brier_score_loss,
    "meanSquaredError": m.mean_squared_error,
    "rootMeanSquaredError": m.root_mean_squared_error,
    "meanAbsoluteError": m.mean_absolute_error,
    "medianAbsoluteError": m.median_absolute_error,
    "r2Score": m.r2_score,
    "explainedVariance": m.explained_variance_score,
    "maxError": m.max_error,
    "meanAbsolutePercentageError": m.mean_absolute_percentage_error,
    "fbetaScore": m.fbeta_score,
    "zeroOneLoss": m.zero_one_loss,
    "hammingLoss": m.hamming_loss,
    "cohenKappaScore": m.cohen_kappa_score,
    "classLikelihoodRatios": m.class_likelihood_ratios,
    "jaccardScore": m.jaccard_score,
    "multilabelConfusionMatrix": m.multilabel_confusion_matrix,
    "coverageError": m.coverage_error,
    "labelRankingLoss": m.label_ranking_loss,
    "labelRankingAveragePrecisionScore": m.label_ranking_average_precision_score,
    "hingeLoss": m.hinge_loss,
    "topKAccuracyScore": m.top_k_accuracy_score,
    "detCurve": m.det_curve,
    "auc": m.auc,
    "d2LogLossScore": m.d2_log_loss_score,
    "d2BrierScore": m.d2_brier_score,
    "meanSquaredLogError": m.mean_squared_log_error,
    "rootMeanSquaredLogError": m.root_mean_squared_log_error,
    "meanPinballLoss": m.mean_pinball_loss,
    "d2PinballScore": m.d2_pinball_score,
    "d2AbsoluteErrorScore": m.d2_absolute_error_score,
    "meanTweedieDeviance": m.mean_tweedie_deviance,
    "meanPoissonDeviance": m.mean_poisson_deviance,
    "meanGammaDeviance": m.mean_gamma_deviance,
    "d2TweedieScore": m.d2_tweedie_score,
    "contingencyMatrix": m.cluster.contingency_matrix,
    "pairConfusionMatrix": m.cluster.pair_confusion_matrix,
    "randScore": m.rand_score,
    "adjustedRandScore": m.adjusted_rand_score,
    "mutualInfoScore": m.mutual_info_score,
    "normalizedMutualInfoScore": m.normalized_mutual_info_score,
    "adjustedMutualInfoScore": m.adjusted_mutual_info_score,
    "homogeneityCompletenessVMeasure": m.homogeneity_completeness_v_measure,
    "fowlkesMallowsScore": m.fowlkes_mallows_score,
    "calinskiHarabaszScore": m.calinski_harabasz_score,
    "daviesBouldinScore": m.davies_bouldin_score,
    "silhouetteSamples": m.silhouette_samples,
    "silhouetteScore": m.silhouette_score,
}
PARTS = {
    "precisionRecallFscoreSupport": ("precision", "recall", "fscore", "support"),
    "rocCurve": ("fpr", "tpr", "thresholds"),
    "precisionRecallCurve": ("precision", "recall", "thresholds"),
    "detCurve": ("fpr", "fnr", "thresholds"),
    "classLikelihoodRatios": ("positive", "negative"),
    "homogeneityCompletenessVMeasure": ("homogeneity", "completeness", "vMeasure"),
}
WORDS = {
    "uniform_average": "uniformAverage",
    "raw_values": "rawValues",
    "variance_weighted": "varianceWeighted",
}

inputs = {}
cases = []


def case(name, /, *args, **kwargs):
    value = lambda v: np.asarray(inputs[v[1:]]) if isinstance(v, str) and v.startswith("$") else v
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = NAMES[name](*(np.asarray(inputs[a]) for a in args), **{k: value(v) for k, v in kwargs.items()})
    if name in PARTS:
        expected = dict(zip(PARTS[name], expected, strict=True))
    options = {k: WORDS.get(v, v) if isinstance(v, str) else v for k, v in kwargs.items()}
    cases.append({"metric": name, "args": args, "options": camel_keys(options), "expected": expected})


def several_labels():
    """Several labels a row, with probabilities of each: of all rows, and where one label is rare."""
    rng = np.random.default_rng(11)
    proba = np.round(rng.random((40, 3)), 2)
    truth = (rng.random((40, 3)) < 0.2 + 0.6 * proba).astype(int)
    truth[:, 2] = rng.permutation(40) < 2
    truth[0], truth[1] = [1, 0, 0], [0, 1, 1]
    inputs.update(severalTruth=truth, severalProba=proba, severalWeights=rng.integers(1, 5, 40) / 2)
    # Areas of rows need a label that is there and one that is not.
    mixed = (truth.sum(axis=1) > 0) & (truth.sum(axis=1) < 3)
    inputs.update(mixedTruth=truth[mixed], mixedProba=proba[mixed], mixedWeights=inputs["severalWeights"][mixed])
    pair = "severalTruth", "severalProba"
    for weights in ({}, {"sample_weight": "$severalWeights"}):
        for name in ("logLoss", "brierScore", "d2LogLossScore", "d2BrierScore"):
            case(name, *pair, **weights)
        for name in ("rocAucScore", "averagePrecision"):
            for average in ("macro", "micro", "weighted", None):
                case(name, *pair, average=average, **weights)
    for weights in ({}, {"sample_weight": "$mixedWeights"}):
        for name in ("rocAucScore", "averagePrecision"):
            case(name, "mixedTruth", "mixedProba", average="samples", **weights)
    case("rocAucScore", *pair, max_fpr=0.4)
    case("logLoss", *pair, normalize=False)


def names_of(truth):
    """Booleans are spelled differently in the two languages, so reports about them get names."""
    return {"target_names": ["no", "yes"]} if truth == "flags" else {}


def classes():
    rng = np.random.default_rng(1)
    n = 60
    truth = rng.integers(0, 4, n)
    guess = np.where(rng.random(n) < 0.6, truth, rng.integers(0, 4, n))
    names = np.array(["cat", "dog", "eel", "fox"])
    inputs.update(
        four=truth,
        fourGuess=guess,
        animals=names[truth],
        animalsGuess=names[guess],
        two=(truth > 1).astype(int),
        twoGuess=(guess > 1).astype(int),
        signs=np.where(truth > 1, 1, -1),
        signsGuess=np.where(guess > 1, 1, -1),
        flags=truth > 1,
        flagsGuess=guess > 1,
        sparse=truth * 700 + 5,
        sparseGuess=guess * 700 + 5,
        weights=rng.integers(0, 9, n) / 4,
        unseen=np.where(guess == 3, 9, guess),
        ones=np.ones(n, int),
        zeros=np.zeros(n, int),
        eighths=np.arange(16) // 8,
        eighthsGuess=np.where(np.arange(16) == 7, 1, 0),
    )
    pairs = [(a, a + "Guess") for a in ("four", "animals", "two", "signs", "flags", "sparse")]
    pairs += [("four", "unseen"), ("ones", "zeros"), ("ones", "ones"), ("four", "zeros"), ("eighths", "eighthsGuess")]
    for pair in pairs:
        weighted = [{}] if pair[0] == "eighths" else [{}, {"sample_weight": "$weights"}]
        for weight in weighted:
            for metric in ("accuracyScore", "balancedAccuracy", "matthews", "confusionMatrix"):
                case(metric, *pair, **weight)
            # Where nothing is right scikit-learn 1.9 prints counts with a point, as if they were weights.
            if pair != ("ones", "zeros"):
                case("classificationReport", *pair, **names_of(pair[0]), **weight)
            for average in (None, "micro", "macro", "weighted"):
                for zero_division in (0, 1, np.nan):
                    case("precisionRecallFscoreSupport", *pair, average=average, zero_division=zero_division, **weight)
        case("accuracyScore", *pair, normalize=False)
        case("classificationReport", *pair, output_dict=True, **names_of(pair[0]))
        if pair != ("ones", "zeros"):
            case("classificationReport", *pair, digits=4, zero_division=1, **names_of(pair[0]))
        for normalize in ("true", "pred", "all"):
            case("confusionMatrix", *pair, normalize=normalize)
    for pair in (("two", "twoGuess"), ("signs", "signsGuess"), ("flags", "flagsGuess"), ("ones", "zeros")):
        for metric in ("precisionScore", "recallScore", "f1Score"):
            case(metric, *pair)
            case(metric, *pair, sample_weight="$weights")
            case(metric, *pair, average="macro")
            case(metric, *pair, average=None)
    case("f1Score", "two", "twoGuess", pos_label=0)
    case("f1Score", "zeros", "zeros")
    case("balancedAccuracy", "four", "fourGuess", adjusted=True)
    for beta in (0, 0.5, 2, np.inf):
        case("precisionRecallFscoreSupport", "four", "fourGuess", beta=beta)
    for labels in ([2, 0], [3, 7, 1], [0, 1, 2, 3]):
        case("confusionMatrix", "four", "fourGuess", labels=labels)
        case("precisionRecallFscoreSupport", "four", "fourGuess", labels=labels)
        case("f1Score", "four", "fourGuess", labels=labels, average="micro")
        case("classificationReport", "four", "fourGuess", labels=labels)
    case("classificationReport", "four", "fourGuess", target_names=["north-north-east", "e", "s", "w"], digits=3)


def rankings():
    rng = np.random.default_rng(2)
    n = 80
    truth = rng.integers(0, 2, n)
    score = truth * 0.4 + rng.random(n)
    three = rng.integers(0, 3, n)
    raw = np.exp(rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[three])
    proba = raw / raw.sum(axis=1, keepdims=True)
    binary = np.column_stack([1 - score / 2, score / 2])
    inputs.update(
        bin=truth,
        binSigns=2 * truth - 1,
        binFlags=truth.astype(bool),
        binNames=np.array(["ham", "spam"])[truth],
        score=score,
        ties=np.round(score, 1),
        constant=np.full(n, 0.5),
        negative=np.round(score - 1, 2),
        probaOne=score / 2,
        probaTwo=binary,
        certain=truth.astype(float),
        wrong=1.0 - truth,
        three=three,
        threeNames=np.array(["a", "b", "c"])[three],
        threeFive=three * 2,
        probaThree=proba,
        probaTies=np.round(proba * 8) / np.round(proba * 8).sum(axis=1, keepdims=True),
        rankWeights=rng.integers(0, 5, n) / 4,
        allOne=np.ones(n, int),
        allZero=np.zeros(n, int),
        few=np.array([0, 1, 1, 0, 1]),
        fewScore=np.array([0.5, 0.5, 0.75, 0.25, 0.75]),
    )
    weight = {"sample_weight": "$rankWeights"}
    for truth_name in ("bin", "binSigns", "binFlags"):
        for score_name in ("score", "ties", "constant", "negative", "certain", "wrong"):
            for options in ({}, weight):
                case("rocAucScore", truth_name, score_name, **options)
                case("rocCurve", truth_name, score_name, **options)
                case("precisionRecallCurve", truth_name, score_name, **options)
                case("averagePrecision", truth_name, score_name, **options)
        case("rocCurve", truth_name, "ties", drop_intermediate=False)
        case("precisionRecallCurve", truth_name, "ties", drop_intermediate=True)
    case("rocAucScore", "few", "fewScore")
    case("rocCurve", "few", "fewScore")
    for max_fpr in (0.05, 0.3, 0.99, 1):
        case("rocAucScore", "bin", "score", max_fpr=max_fpr)
        case("rocAucScore", "bin", "ties", max_fpr=max_fpr, **weight)
    case("rocAucScore", "binNames", "score")
    case("rocCurve", "binNames", "score", pos_label="ham")
    case("averagePrecision", "binNames", "score", pos_label="spam")
    case("averagePrecision", "bin", "score", pos_label=0)
    case("rocCurve", "three", "score", pos_label=2)
    case("rocAucScore", "allOne", "score")
    case("rocCurve", "allOne", "ties")
    case("rocCurve", "allZero", "ties")
    case("precisionRecallCurve", "allZero", "ties")
    case("averagePrecision", "allZero", "ties")
    case("averagePrecision", "allOne", "ties")
    for truth_name in ("three", "threeNames", "threeFive"):
        for score_name in ("probaThree", "probaTies"):
            for average in ("macro", "weighted"):
                case("rocAucScore", truth_name, score_name, multi_class="ovo", average=average)
            for average in ("macro", "weighted", "micro", None):
                for options in ({}, weight):
                    case("rocAucScore", truth_name, score_name, multi_class="ovr", average=average, **options)
                    case("averagePrecision", truth_name, score_name, average=average, **options)
    for name in ("bin", "binFlags", "binSigns", "binNames"):
        for score_name in ("probaOne", "probaTwo", "certain", "wrong"):
            for options in ({}, weight):
                case("logLoss", name, score_name, **options)
        for options in ({}, weight, {"scale_by_half": False}):
            case("brierScore", name, "probaTwo", **options)
            case("brierScore", name, "probaOne", **options, **({"pos_label": "spam"} if name == "binNames" else {}))
    case("brierScore", "bin", "probaOne", pos_label=0)
    case("logLoss", "bin", "probaTwo", normalize=False)
    case("logLoss", "bin", "probaThree", labels=[0, 1, 2])
    case("logLoss", "allOne", "probaOne", labels=[0, 1])
    for name in ("three", "threeNames", "threeFive"):
        for score_name in ("probaThree", "probaTies"):
            for options in ({}, weight):
                case("logLoss", name, score_name, **options)
                case("brierScore", name, score_name, **options)
    case("brierScore", "three", "probaThree", scale_by_half=True)


def numbers():
    rng = np.random.default_rng(3)
    n = 51
    truth = rng.normal(10, 5, n)
    inputs.update(
        y=truth,
        yGuess=truth + rng.normal(0, 2, n),
        yWide=truth * 1e6,
        yWideGuess=truth * 1e6 + rng.normal(0, 1e3, n),
        flat=np.full(n, 3.0),
        flatGuess=np.full(n, 4.0),
        withZeros=np.where(np.arange(n) % 5 == 0, 0, truth),
        yWeights=rng.integers(0, 6, n) / 2,
        many=np.column_stack([truth, truth**2, np.full(n, 2.0)]),
        manyGuess=np.column_stack([truth + 1, truth**2 + rng.normal(0, 9, n), np.full(n, 2.0)]),
        one=np.array([2.0]),
        oneGuess=np.array([2.5]),
        pair=np.array([1.0, 3.0]),
        pairGuess=np.array([2.0, 7.0]),
    )
    weight = {"sample_weight": "$yWeights"}
    errors = ("meanSquaredError", "rootMeanSquaredError", "meanAbsoluteError", "medianAbsoluteError")
    errors += ("meanAbsolutePercentageError",)
    shares = ("r2Score", "explainedVariance")
    pairs = [("y", "yGuess"), ("yWide", "yWideGuess"), ("y", "y"), ("flat", "flat"), ("flat", "flatGuess")]
    pairs += [("y", "flat"), ("withZeros", "yGuess"), ("one", "oneGuess"), ("pair", "pairGuess")]
    for pair in pairs:
        case("maxError", *pair)
        for metric in errors + shares:
            case(metric, *pair)
            if inputs[pair[0]].shape[0] == n:
                case(metric, *pair, **weight)
    for metric in errors + shares:
        for multioutput in ("raw_values", "uniform_average", [0.5, 0.25, 2]):
            case(metric, "many", "manyGuess", multioutput=multioutput)
            case(metric, "many", "manyGuess", multioutput=multioutput, **weight)
    for metric in shares:
        case(metric, "many", "manyGuess", multioutput="variance_weighted")
        case(metric, "flat", "flatGuess", force_finite=False)
        case(metric, "flat", "flat", force_finite=False)


def gains():
    rng = np.random.default_rng(11)
    inputs["gains"] = rng.integers(0, 4, (9, 12)).astype(float)
    inputs["gains"][3] = 0
    inputs["gainScores"] = np.round(rng.normal(size=(9, 12)), 3)
    inputs["gainTies"] = rng.integers(0, 3, (9, 12)).astype(float)
    inputs["queryWeights"] = np.arange(9) % 4 / 2
    for scores in ("gainScores", "gainTies", "gains"):
        for options in ({}, {"k": 3}, {"k": 40}, {"sample_weight": "$queryWeights"}):
            case("ndcgScore", "gains", scores, **options)
            case("dcgScore", "gains", scores, **options)
    # Among ties NumPy's order depends on the processor.
    case("ndcgScore", "gains", "gainScores", ignore_ties=True, k=5)
    case("dcgScore", "gains", "gainScores", ignore_ties=True, k=5)
    case("dcgScore", "gains", "gainTies", log_base=10)


def losses():
    """Uses the inputs of classes() and rankings()."""
    for pair in (("four", "fourGuess"), ("animals", "animalsGuess"), ("two", "twoGuess"), ("ones", "zeros")):
        for weight in ({}, {"sample_weight": "$weights"}):
            for metric in ("zeroOneLoss", "hammingLoss", "cohenKappaScore", "multilabelConfusionMatrix"):
                case(metric, *pair, **weight)
            for average in (None, "micro", "macro", "weighted"):
                case("jaccardScore", *pair, average=average, **weight)
                case("fbetaScore", *pair, average=average, beta=2, **weight)
        case("zeroOneLoss", *pair, normalize=False)
    for weights in ("linear", "quadratic"):
        case("cohenKappaScore", "four", "fourGuess", weights=weights)
        case("cohenKappaScore", "four", "fourGuess", weights=weights, labels=[2, 0, 1])
    case("cohenKappaScore", "ones", "ones")
    case("multilabelConfusionMatrix", "four", "fourGuess", labels=[3, 0])
    for pair in (("two", "twoGuess"), ("signs", "signsGuess"), ("flags", "flagsGuess")):
        case("classLikelihoodRatios", *pair)
        case("classLikelihoodRatios", *pair, sample_weight="$weights")
        case("jaccardScore", *pair)
        case("fbetaScore", *pair, beta=0.5)
    case("jaccardScore", "zeros", "zeros", zero_division=1)
    rng = np.random.default_rng(21)
    labels = (rng.random((12, 5)) < 0.4).astype(int)
    labels[4], labels[7] = 0, 1
    inputs.update(
        labels=labels,
        labelsGuess=np.where(rng.random((12, 5)) < 0.7, labels, 1 - labels),
        labelScores=np.round(rng.random((12, 5)) + labels / 3, 1),
        labelWeights=np.arange(12) % 4 / 2,
        margins=rng.normal(size=80),
        marginsThree=np.round(rng.normal(size=(80, 3)), 1),
    )
    for weight in ({}, {"sample_weight": "$labelWeights"}):
        for metric in ("zeroOneLoss", "hammingLoss", "multilabelConfusionMatrix"):
            case(metric, "labels", "labelsGuess", **weight)
        for average in (None, "micro", "macro", "weighted", "samples"):
            case("jaccardScore", "labels", "labelsGuess", average=average, **weight)
        for metric in ("coverageError", "labelRankingLoss", "labelRankingAveragePrecisionScore"):
            case(metric, "labels", "labelScores", **weight)
        case("multilabelConfusionMatrix", "labels", "labelsGuess", samplewise=True, **weight)
    for weight in ({}, {"sample_weight": "$rankWeights"}):
        for truth in ("bin", "binSigns", "binNames"):
            case("hingeLoss", truth, "margins", **weight)
            case("detCurve", truth, "ties", **weight, **({"pos_label": "spam"} if truth == "binNames" else {}))
            case("d2LogLossScore", truth, "probaTwo", **weight)
            case("d2BrierScore", truth, "probaTwo", **weight)
        for truth in ("three", "threeNames"):
            case("hingeLoss", truth, "marginsThree", **weight)
            case("d2LogLossScore", truth, "probaThree", **weight)
            case("d2BrierScore", truth, "probaThree", **weight)
            for k in (1, 2):
                case("topKAccuracyScore", truth, "marginsThree", k=k, **weight)
        for k in (1, 2):
            case("topKAccuracyScore", "bin", "probaOne", k=k, **weight)
            case("topKAccuracyScore", "bin", "margins", k=k, normalize=False, **weight)
    case("detCurve", "bin", "score", drop_intermediate=True)
    case("hingeLoss", "bin", "marginsThree", labels=[0, 1, 2])
    case("d2BrierScore", "bin", "probaOne")
    inputs["rising"], inputs["heights"] = np.array([0, 0.5, 0.5, 2]), np.array([1.0, 2, 4, 0])
    case("auc", "rising", "heights")
    inputs["falling"] = inputs["rising"][::-1]
    case("auc", "falling", "heights")


def deviances():
    """Uses the inputs of numbers()."""
    rng = np.random.default_rng(22)
    inputs.update(
        counts=rng.poisson(2, 51),
        amounts=rng.gamma(2, 3, 51),
        amountsGuess=rng.gamma(2, 3, 51),
        amountsTwo=rng.gamma(2, 3, (51, 2)),
        amountsTwoGuess=rng.gamma(2, 3, (51, 2)),
    )
    for weight in ({}, {"sample_weight": "$yWeights"}):
        for truth in ("counts", "amounts"):
            for power in (-1, 0, 1, 1.5, *((2, 2.5, 3) if truth == "amounts" else ())):
                case("meanTweedieDeviance", truth, "amountsGuess", power=power, **weight)
                case("d2TweedieScore", truth, "amountsGuess", power=power, **weight)
            case("meanPoissonDeviance", truth, "amountsGuess", **weight)
            case("d2AbsoluteErrorScore", truth, "amountsGuess", **weight)
            for alpha in (0.1, 0.5, 0.95):
                case("meanPinballLoss", truth, "amountsGuess", alpha=alpha, **weight)
                case("d2PinballScore", truth, "amountsGuess", alpha=alpha, **weight)
        case("meanGammaDeviance", "amounts", "amountsGuess", **weight)
        for multioutput in ("raw_values", "uniform_average", [1, 3]):
            for metric in ("meanSquaredLogError", "rootMeanSquaredLogError", "meanPinballLoss", "d2PinballScore"):
                case(metric, "amountsTwo", "amountsTwoGuess", multioutput=multioutput, **weight)
    case("d2AbsoluteErrorScore", "flat", "flatGuess")


def groupings():
    """Uses the inputs of classes()."""
    rng = np.random.default_rng(23)
    rows = np.round(rng.normal(size=(40, 3)) + 3 * np.eye(3)[np.arange(40) % 3], 2)
    inputs.update(
        rows=rows,
        rowClusters=np.where(np.arange(40) < 36, np.arange(40) % 3, 3),
        rowNames=np.array(["x", "y", "z"])[np.arange(40) % 3],
        rowAlone=np.where(np.arange(40) == 5, -1, np.arange(40) % 2),
        rowDistances=np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(axis=2)),
        single=np.arange(60),
    )
    pairs = [("four", "fourGuess"), ("four", "animalsGuess"), ("four", "four"), ("ones", "four"), ("four", "ones")]
    pairs += [("ones", "zeros"), ("single", "four"), ("single", "single"), ("two", "unseen"), ("eighths", "eighthsGuess")]
    scores = ("pairConfusionMatrix", "randScore", "adjustedRandScore", "mutualInfoScore", "fowlkesMallowsScore")
    scores += ("normalizedMutualInfoScore", "adjustedMutualInfoScore", "homogeneityCompletenessVMeasure")
    for pair in pairs:
        for metric in scores:
            case(metric, *pair)
        for average in ("min", "geometric", "max"):
            case("normalizedMutualInfoScore", *pair, average_method=average)
            # Of rows that are all alone the expected information is the least entropy: 0 / 0 but for rounding.
            if pair[0] != "single":
                case("adjustedMutualInfoScore", *pair, average_method=average)
    inputs.update(groupCounts=m.cluster.contingency_matrix(inputs["four"], inputs["fourGuess"]), oneClass=np.array([[3, 4, 5]]))
    for table in ("groupCounts", "oneClass"):
        case("expectedMutualInformation", table)
    for labels in ("four", "animals", "ones", "single", "flags"):
        case("entropy", labels)
    case("contingencyMatrix", "four", "animalsGuess")
    case("contingencyMatrix", "two", "unseen", eps=0.5)
    case("homogeneityCompletenessVMeasure", "four", "fourGuess", beta=0.5)
    for labels in ("rowClusters", "rowNames", "rowAlone"):
        for metric in ("calinskiHarabaszScore", "daviesBouldinScore", "silhouetteScore"):
            case(metric, "rows", labels)
        for metric in ("euclidean", "manhattan", "cosine", "sqeuclidean"):
            case("silhouetteSamples", "rows", labels, metric=metric)
        case("silhouetteSamples", "rowDistances", labels, metric="precomputed")


def main():
    for build in (classes, rankings, numbers, gains, losses, deviances, groupings, several_labels):
        build()
    write("metrics", inputs=inputs, cases=cases)


if __name__ == "__main__":
    main()
