import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { stretched } from "./packages/test-support/src/stretch.ts";
import { testFiles } from "./scripts/test-groups.ts";
import { bundleTestModules } from "./scripts/test-modules.ts";

await bundleTestModules();

/** What takes longest begins first, so that no core waits for a last long file. What is not named here comes last. */
const ORDER = [
	"test/lab/lab.test.ts",
	"test/torture-etcd.test.ts",
	"test/end-to-end/",
	"test/lab/",
	"test/",
	".cache/",
];

function placeOf(file) {
	const path = relative(import.meta.dirname, file);
	const place = ORDER.findIndex((prefix) => path.startsWith(prefix));
	return place < 0 ? ORDER.length : place;
}

export default {
	files: testFiles(process.argv.slice(2)),
	extensions: ["ts"],
	workerThreads: false,
	require: ["./packages/test-support/src/test-process.ts"],
	// Node keeps there what it made of each source (module.enableCompileCache), by the source's content: a process that runs sources then starts in
	// half the processor time.
	environmentVariables: { NODE_COMPILE_CACHE: join(import.meta.dirname, ".cache/compiled") },
	// Most of what a test makes is garbage at once: with more room for it, it is collected seldom, with a tenth less of the processor.
	nodeArguments: [
		"--min-semi-space-size=16",
		"--max-semi-space-size=32",
		`--require=${join(import.meta.dirname, "scripts/use-test-modules.cjs")}`,
	],
	// The last resort, when no test at all ends for so long; each wait in a test has a deadline of its own, which names what it waited for.
	timeout: `${stretched(8 * 60_000)}`,
	sortTestFiles: (one, other) => placeOf(one) - placeOf(other) || one.localeCompare(other),
	// Files that start machines mostly wait: three of them keep one core busy.
	concurrency: 3 * availableParallelism(),
};
