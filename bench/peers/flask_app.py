"""A model behind Flask, as the tutorials do it; IRIS_MODEL names the pickle. gunicorn -w 2 flask_app:app"""

import os
import pickle

import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
names = ["setosa", "versicolor", "virginica"]

with open(os.environ["IRIS_MODEL"], "rb") as file:
    model = pickle.load(file)


@app.route("/predict", methods=["POST"])
def predict():
    data = request.get_json()
    features = np.array(data["features"]).reshape(1, -1)
    prediction = model.predict(features)[0]
    probabilities = model.predict_proba(features)[0]
    return jsonify({
        "prediction": names[prediction],
        "probabilities": dict(zip(names, map(float, probabilities))),
    })
