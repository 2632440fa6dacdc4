#!/usr/bin/env node
/** The command `boreal`. */
import { createProgram } from './program.js';

await createProgram().parseAsync();
