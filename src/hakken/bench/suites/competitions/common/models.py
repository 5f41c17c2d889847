"""The models of scikit-learn that several competitions share, by the names that a leaderboard gives them."""

from __future__ import annotations

from sklearn import (
    discriminant_analysis,
    dummy,
    ensemble,
    gaussian_process,
    kernel_ridge,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)
from sklearn.cross_decomposition import PLSRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler


def scaled(model, *steps):
    """A model on standardised features."""
    return make_pipeline(StandardScaler(), *steps, model)


def classifiers(quick: bool = False) -> dict:
    """Classifiers with probabilities, from hopeless to good."""
    found = {
        "class frequencies": dummy.DummyClassifier(strategy="prior"),
        "most frequent class": dummy.DummyClassifier(strategy="most_frequent"),
        "random classes": dummy.DummyClassifier(strategy="stratified", random_state=0),
        "Gaussian naive Bayes": naive_bayes.GaussianNB(),
        "nearest centroid by discriminant, shrinkage 1": scaled(
            discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr", shrinkage=1.0)
        ),
        "linear discriminant": scaled(
            discriminant_analysis.LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        ),
        "AdaBoost": ensemble.AdaBoostClassifier(random_state=0),
        "extra trees, 300": ensemble.ExtraTreesClassifier(300, random_state=0),
        "random forest, 20 trees": ensemble.RandomForestClassifier(20, random_state=0),
        "random forest, 300 trees": ensemble.RandomForestClassifier(300, random_state=0),
        "random forest, 300 trees, leaves of 5": ensemble.RandomForestClassifier(
            300, min_samples_leaf=5, random_state=0
        ),
        "bagged trees, 50": ensemble.BaggingClassifier(n_estimators=50, random_state=0),
    }
    for c in (0.0001, 0.001, 0.01, 0.1, 1, 100):
        found[f"logistic regression, C {c:g}"] = scaled(linear_model.LogisticRegression(C=c, max_iter=400))
    for k in (1, 3, 10, 40):
        found[f"{k} nearest neighbours"] = scaled(neighbors.KNeighborsClassifier(k))
    for depth in (1, 2, 4, 8, None):
        found[f"decision tree, depth {depth or 'unlimited'}"] = tree.DecisionTreeClassifier(
            max_depth=depth, random_state=0
        )
    for width in (8, 64):
        found[f"neural network, {width} units"] = scaled(
            neural_network.MLPClassifier(hidden_layer_sizes=(width,), max_iter=150, random_state=0)
        )
    if not quick:
        found["quadratic discriminant"] = scaled(discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.1))
        found["Gaussian process"] = scaled(gaussian_process.GaussianProcessClassifier(random_state=0))
        found["logistic regression on squares and products, C 0.01"] = scaled(
            linear_model.LogisticRegression(C=0.01, max_iter=400), PolynomialFeatures(2), StandardScaler()
        )
        for rate in (0.02, 0.1, 0.5):
            found[f"gradient boosting, rate {rate}"] = ensemble.GradientBoostingClassifier(
                learning_rate=rate, random_state=0
            )
        found["histogram boosting"] = ensemble.HistGradientBoostingClassifier(max_iter=60, random_state=0)
    return found


def regressors() -> dict:
    """Regressors, from hopeless to good."""
    found = {
        "mean": dummy.DummyRegressor(),
        "median": dummy.DummyRegressor(strategy="median"),
        "lower quartile": dummy.DummyRegressor(strategy="quantile", quantile=0.25),
        "upper quartile": dummy.DummyRegressor(strategy="quantile", quantile=0.75),
        "least squares": scaled(linear_model.LinearRegression()),
        "Bayesian ridge": scaled(linear_model.BayesianRidge()),
        "Huber": scaled(linear_model.HuberRegressor()),
        "least squares on squares and products": scaled(linear_model.LinearRegression(), PolynomialFeatures(2)),
        "ridge 100 on squares and products": scaled(linear_model.Ridge(100), PolynomialFeatures(2), StandardScaler()),
        "AdaBoost": ensemble.AdaBoostRegressor(random_state=0),
        "extra trees, 200": ensemble.ExtraTreesRegressor(200, random_state=0),
        "extra trees, 200, leaves of 10": ensemble.ExtraTreesRegressor(200, min_samples_leaf=10, random_state=0),
        "random forest, 20 trees": ensemble.RandomForestRegressor(20, random_state=0),
        "random forest, 200 trees": ensemble.RandomForestRegressor(200, random_state=0),
        "random forest, 200 trees, leaves of 10": ensemble.RandomForestRegressor(
            200, min_samples_leaf=10, random_state=0
        ),
        "histogram boosting": ensemble.HistGradientBoostingRegressor(max_iter=60, random_state=0),
        "neural network, 16 units": scaled(
            neural_network.MLPRegressor(hidden_layer_sizes=(16,), max_iter=300, random_state=0)
        ),
        "kernel ridge": scaled(kernel_ridge.KernelRidge(1.0, kernel="rbf", gamma=0.02)),
    }
    for alpha in (10, 100, 1000):
        found[f"ridge {alpha}"] = scaled(linear_model.Ridge(alpha))
    for alpha in (0.1, 1, 10):
        found[f"lasso {alpha}"] = scaled(linear_model.Lasso(alpha))
    for parts in (1, 2):
        found[f"partial least squares, {parts} parts"] = scaled(PLSRegression(parts))
    for k in (1, 3, 10, 40):
        found[f"{k} nearest neighbours"] = scaled(neighbors.KNeighborsRegressor(k))
    for depth in (1, 3, 6, None):
        found[f"decision tree, depth {depth or 'unlimited'}"] = tree.DecisionTreeRegressor(
            max_depth=depth, random_state=0
        )
    for rate in (0.02, 0.1):
        found[f"gradient boosting, rate {rate}"] = ensemble.GradientBoostingRegressor(
            learning_rate=rate, random_state=0
        )
    for c in (1, 30):
        found[f"support vector regression, C {c}"] = scaled(svm.SVR(C=c, gamma=0.05))
    return found
