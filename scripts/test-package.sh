#!/usr/bin/env bash
# Makes the prebuilt addon, packs the package and installs the tarball as a user would: no scripts, no compiler.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rm -rf prebuilds
npm run prebuildify >"$work/prebuildify.log" 2>&1 || { tail -n 40 "$work/prebuildify.log"; exit 1; }
find prebuilds -name '*.node' -exec ls -l {} \;
tarball=$(npm pack --silent --pack-destination "$work" | tail -n 1)
du -h "$work/$tarball"
# prebuildify moves the local build away; the tests of this clone want it back.
mkdir -p build/Release
cp prebuilds/*/*.node build/Release/boreal.node
rm -rf prebuilds

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
# The declarations hold under the strictest options, for ES modules and CommonJS, where no optional package is installed.
cat >program.mts <<'TS'
import { load, LogisticRegression, type Matrix, Pipeline, StandardScaler } from 'boreal';
import { dense, Sequential } from 'boreal/nn';
import { type BorealServer, serve } from 'boreal/serve';
import { checkEstimator } from 'boreal/testing';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_ extends true>() => {};
const pipeline = new Pipeline([['scale', new StandardScaler()], ['model', new LogisticRegression({ C: 2 })]]);
const model = await pipeline.fit([[1], [2]], ['no', 'yes']);
same<Same<typeof model, Pipeline<LogisticRegression>>>();
const proba = model.predictProba([[1]]);
same<Same<typeof proba, Promise<Matrix>>>();
const loaded = await load<LogisticRegression>('model.boreal');
same<Same<typeof loaded, LogisticRegression>>();
const other: LogisticRegression = await load('model.boreal');
const server: BorealServer = await serve(await load('model.boreal'), { port: 0 });
export { checkEstimator, other, Sequential, dense, server };
TS
cat >program.cts <<'TS'
import { loadIris, RandomForestClassifier } from 'boreal';
import { serve } from 'boreal/serve';
const { data, target } = loadIris();
export const server = new RandomForestClassifier().fit(data, target).then((model) => serve(model));
TS
strict=(--noEmit --strict --target es2022 --typeRoots "$root/node_modules/@types" --types node --skipLibCheck false)
strict+=(--exactOptionalPropertyTypes --noUncheckedIndexedAccess --noPropertyAccessFromIndexSignature)
node "$root/node_modules/typescript/bin/tsc" "${strict[@]}" --module nodenext program.mts program.cts
node "$root/node_modules/typescript/bin/tsc" "${strict[@]}" --module esnext --moduleResolution bundler program.mts
echo 'types: ok'
npx boreal doctor
