import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { circlesOf, faultsOf, importsOf, placeOf, readSources, type Source } from "./layers/imports.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const sources = readSources(root);
const shipped = sources.filter(({ file }) => /^packages\/[^/]+\/src\//.test(file));

test("the scan sees packages, tests and scripts, and their imports", (t) => {
	for (const part of ["packages/agent/src/", "packages/cli/test/", "test/lab/", "scripts/", "ava.config.js"])
		t.true(
			sources.some(({ file }) => file.startsWith(part)),
			part,
		);
	const port = sources.find(({ file }) => file === "packages/coordinator/src/ports/core.ts");
	t.true(port && importsOf(port).some(({ to }) => to === "@rollcall/protocol"));
});

test("every file lies in a room, and imports only what its room may", (t) => {
	t.deepEqual(faultsOf(sources), []);
});

test("a loose file is a fault, wherever it lies", (t) => {
	const loose = [
		"packages/coordinator/src/loose.ts",
		"packages/coordinator/src/loose/file.ts",
		"packages/agent/src/loose.ts",
		"packages/agent/src/adapter/file.ts",
		"packages/cli/src/loose.ts",
		"packages/loose/src/index.ts",
		"packages/coordinator/loose.mjs",
		"deploy/loose.mjs",
		"loose.config.js",
	];
	for (const file of loose) t.deepEqual(faultsOf([{ file, text: "" }]).length, 1, file);
});

test("an import from right to left is a fault, also a late one and one of a type", (t) => {
	const faults = (file: string, ...lines: string[]): number =>
		faultsOf([{ file: `packages/${file}`, text: lines.join("\n") }]).length;
	const order = ["domain", "render", "document", "boot"];
	for (const [at, from] of order.entries())
		for (const [index, to] of order.entries()) {
			const line = `import type { X } from "../${to}/x.ts";`;
			t.is(faults(`coordinator/src/${from}/y.ts`, line), index > at ? 1 : 0, `${from} imports ${to}`);
		}
	t.is(faults("coordinator/src/domain/y.ts", 'import {\n\tX,\n} from "../loop/x.ts";'), 1);
	const late = (path: string): string => `const { x } = await import("${path}");`;
	t.is(faults("coordinator/src/domain/y.ts", late("../adapters/nats/x.ts")), 1);
	t.is(faults("coordinator/src/domain/y.ts", 'import { readFileSync } from "node:fs";'), 1);
	t.is(faults("coordinator/src/render/y.ts", 'import { z } from "zod";'), 1);
	t.is(faults("coordinator/src/loop/y.ts", 'import { x } from "../keepers/x.ts";'), 1);
	t.is(faults("coordinator/src/keepers/y.ts", 'import { x } from "../loop/x.ts";'), 1);
	t.is(faults("coordinator/src/adapters/http/y.ts", 'import { x } from "../nats/x.ts";'), 1);
	t.is(faults("coordinator/src/adapters/http/y.ts", 'import { x } from "../../loop/x.ts";'), 1);
	t.is(faults("coordinator/src/ports/y.ts", 'import { x } from "../adapters/nats/x.ts";'), 1);
	t.is(faults("coordinator/src/errors.ts", 'import { x } from "./domain/x.ts";'), 1);
	t.is(faults("protocol/src/y.ts", 'import { readFileSync } from "node:fs";'), 1);
	t.is(faults("agent/src/loop/y.ts", 'import { x } from "../adapters/nats/x.ts";'), 1);
	t.is(faults("agent/src/y.ts", 'import { x } from "../../coordinator/src/domain/x.ts";'), 1);
	t.is(faults("cli/src/commands/y.ts", 'import { x } from "@rollcall/coordinator/command-line";'), 1);
	t.is(faults("cli/src/offline/y.ts", 'import { x } from "@rollcall/coordinator/command-line";'), 0);
	t.is(faults("coordinator/src/doors/command-line.ts", 'export { x } from "../wiring/x.ts";'), 1);
	t.is(faults("coordinator/test/y.ts", 'import { x } from "../../agent/src/domain/x.ts";'), 1);
});

test("no file imports itself through others, not even for types", (t) => {
	// The simulator's parts know the world that they are parts of.
	t.deepEqual(circlesOf(sources.filter(({ file }) => !file.startsWith("test/simulator/"))), []);
	const two: Source[] = [
		{ file: "packages/agent/src/domain/a.ts", text: 'import type { B } from "./b.ts";' },
		{ file: "packages/agent/src/domain/b.ts", text: 'import { a } from "./a.ts";' },
	];
	t.is(circlesOf(two).length, 1);
});

test("pure rooms use no clock, no randomness and no process", (t) => {
	const impure =
		/\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bcrypto\.|\bconsole\./;
	const pure = /^(?:protocol|coordinator\/(?:domain|render|document|boot)|agent\/domain)$/;
	const found = shipped.filter(
		({ file, text }) =>
			pure.test(placeOf(file)?.name ?? "") && impure.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")),
	);
	t.deepEqual(
		found.map(({ file }) => file),
		[],
	);
});

test("no file, of the tests neither, is longer than 300 lines", (t) => {
	const long = sources.filter(({ text }) => text.split("\n").length > 301);
	t.deepEqual(
		long.map(({ file }) => file),
		[],
	);
});

test("no source file carries a name that says nothing", (t) => {
	const names = /(?:^|\/)(?:utils?|helpers?|common|manager|service|handler|data|info|misc)(?:\.ts|\/)/;
	t.deepEqual(
		shipped.map(({ file }) => file).filter((file) => names.test(file)),
		[],
	);
});
