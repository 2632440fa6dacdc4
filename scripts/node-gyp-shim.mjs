#!/usr/bin/env node
/**
 * Stands in for node-gyp when prebuildify calls `node-gyp rebuild --arch=... [--debug]`, and runs cmake-js instead.
 * The Node version it names does not matter: the addon uses Node-API. BOREAL_CMAKE_ARGS adds CMake definitions
 * ("CMAKE_TOOLCHAIN_FILE=arm64.cmake BOREAL_TESTS=OFF").
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';

const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
const arch = process.argv.find((argument) => argument.startsWith('--arch='))?.slice('--arch='.length);
const definitions = (process.env.BOREAL_CMAKE_ARGS ?? '').split(/\s+/).filter(Boolean);

const options = ['--parallel', String(availableParallelism())];
if (arch) options.push('--arch', arch);
if (process.argv.includes('--debug')) options.push('--debug');
for (const definition of definitions) options.push(`--CD${definition}`);
const { status } = spawnSync(process.execPath, [cmakeJs, 'rebuild', ...options], { stdio: 'inherit' });
process.exit(status ?? 1);
