import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";

/**
 * Loaded by each process that AVA starts, before its tests (`require` in ava.config.js). One whose runner is gone ends at once: nobody reads its
 * results, and it would go on with all its tests. What it started is tied to it, and ends with it.
 */
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

/**
 * Where each process writes a line at its end: its life in seconds, the processor seconds of it and of what it started and waited for, and its file.
 * The ten slowest files are read from there.
 */
const times = process.env.ROLLCALL_TEST_TIMES;
if (times) {
	const file = relative(process.cwd(), fileURLToPath(test.meta.file));
	process.once("exit", () => {
		const seconds = [performance.now() / 1000, processorSeconds()].map((one) => one.toFixed(2));
		appendFileSync(times, `${seconds.join(" ")} ${file}\n`);
	});
}

/** By proc_pid_stat(5): utime, stime, cutime and cstime, which stand from the 12th field behind the name on, in hundredths of a second. */
function processorSeconds(): number {
	const stat = readFileSync("/proc/self/stat", "utf8");
	const ticks = stat
		.slice(stat.lastIndexOf(")") + 2)
		.split(" ")
		.slice(11, 15);
	return ticks.reduce((sum, one) => sum + Number(one), 0) / 100;
}
