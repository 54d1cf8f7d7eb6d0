/**
 * Lets tests that start no program of their own share processes where the whole suite is run: half of the processor time of such a file is the start of its process, and
 * code that is not compiled yet. A group is a file of imports in `.cache/test-groups`. Files that are named run in processes of their own.
 */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const project = dirname(import.meta.dirname);
const FOLDER = ".cache/test-groups";
/** Tests of rooms without input and output, and of the command where it runs in the test's process, by the names of their groups. */
const PURE = new Map([
	...["boot", "document", "domain", "loop", "render"].map(
		(room) => [room, `packages/coordinator/test/${room}/**/*.test.ts`] as const,
	),
	["command", "packages/cli/test/*.test.ts"],
]);
/** Tests that have sockets, folders or a nats-server of their own. */
const WITH_IO = new Map([
	["adapters", "packages/coordinator/test/adapters/{boot,clock,documents,files,metrics,pki}/*.test.ts"],
	["http", "packages/coordinator/test/adapters/http/*.test.ts"],
	["keepers", "packages/coordinator/test/keepers/**/*.test.ts"],
	["others", "packages/{rehearsal,test-support}/test/*.test.ts"],
	["small-rooms", "packages/coordinator/test/{disk,logs,rate,wiring}/*.test.ts"],
]);
/** The most files of a group, so that no core waits for a long one at the end, and that tests which wait for something get their turns. */
const LARGEST = { pure: 28, withIo: 5 };
/** What a file has or says that changes its process, looks at it, or keeps it busy with programs. */
const ITS_OWN =
	/in a process of its own|testNeeding|node:(?:child_process|worker_threads)|\/programs\/|test\.(?:before|after|serial)|process\.(?:env|on|chdir|exit|kill)|startCli|runBundled|onTerminal/;

/** The files that AVA runs, as patterns, for the words of its command line. */
export function testFiles(words: readonly string[]): string[] {
	const all = ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"];
	if (words.some((word) => word.startsWith(FOLDER))) return [...all, `${FOLDER}/*.test.ts`];
	if (words.some((word) => /\.ts$|\//.test(word))) return all;
	const groups = groupTests();
	const texts = new Map(groups.map(({ name, files }) => [name, files.map(importOf).join("")]));
	const folder = join(project, FOLDER);
	mkdirSync(folder, { recursive: true });
	for (const name of readdirSync(folder)) if (!texts.has(name)) rmSync(join(folder, name));
	for (const [name, text] of texts) {
		const path = join(folder, name);
		// Another run may load it now.
		if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
	}
	return [...all, ...groups.flatMap(({ name, files }) => [`${FOLDER}/${name}`, ...files.map((file) => `!${file}`)])];
}

const importOf = (file: string): string => `import "${relative(FOLDER, file)}";\n`;

function groupTests(): { name: string; files: string[] }[] {
	return [...groupsOf(PURE, LARGEST.pure), ...groupsOf(WITH_IO, LARGEST.withIo)];
}

function groupsOf(rooms: ReadonlyMap<string, string>, largest: number): { name: string; files: string[] }[] {
	return [...rooms].flatMap(([room, pattern]) => {
		const files = globSync(pattern, { cwd: project })
			.filter((file) => !ITS_OWN.test(readFileSync(join(project, file), "utf8")))
			.sort();
		const groups = Math.ceil(files.length / largest);
		return Array.from({ length: groups }, (_, group) => ({
			name: `${room}-${group + 1}.test.ts`,
			files: files.filter((_file, index) => index % groups === group),
		}));
	});
}
