#!/usr/bin/env node
import { surroundingsOf } from "./process-surroundings.ts";
import { runProgram } from "./program.ts";

process.exitCode = await runProgram(process.argv.slice(2), surroundingsOf(process));
