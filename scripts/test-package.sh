#!/usr/bin/env bash
# Packs the package with a prebuilt addon and installs the tarball as a user would: no scripts, no compiler needed.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work" prebuilds' EXIT

platform=$(node -p "process.platform + '-' + process.arch")
mkdir -p "prebuilds/$platform"
cp build/Release/boreal.node "prebuilds/$platform/boreal.node"
tarball=$(npm pack --silent --pack-destination "$work" | tail -n 1)
du -h "$work/$tarball"

cd "$work"
printf '{ "name": "user", "private": true, "version": "1.0.0" }' >package.json
npm install --ignore-scripts --no-audit --no-fund --silent "./$tarball"
cat >train.mjs <<'JS'
import { load, loadIris, LogisticRegression, makePipeline, StandardScaler } from 'boreal';
import { serve } from 'boreal/serve';
import { checkEstimator } from 'boreal/testing';
const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);
const copy = await load(model.toBytes());
if ((await copy.score(data, target)) < 0.95) throw new Error('the loaded model is wrong');
const server = await serve(copy, { port: 0 });
const health = await (await fetch(`${server.url}/health`)).json();
await server.close();
if (health.status !== 'ok' || typeof checkEstimator !== 'function') throw new Error('serve or testing is wrong');
console.log('import: ok');
JS
node train.mjs
node -e "const { Matrix } = require('boreal'); if (Matrix.from([[1]]).rows !== 1) throw new Error(); console.log('require: ok')"
npx boreal doctor
