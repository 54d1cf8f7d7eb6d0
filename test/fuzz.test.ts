import { execFileSync } from "node:child_process";
import { basename } from "node:path";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { fuzz } from "./fuzz/run.ts";

const KEPT = new URL("./fuzz/seeds/", import.meta.url).pathname;

test("every parser answers its seeds, what once broke it, and some of what is made of them", async (t) => {
	const kept = ownFolder(t);
	const result = await fuzz({
		parsers: new URL("./fuzz/parsers/all.ts", import.meta.url),
		kept: KEPT,
		keepIn: kept,
		seed: 1,
		enough: ({ rounds }) => rounds >= 2,
	});
	t.deepEqual(
		result.found.map(
			({ parser, failure, input }) => `${parser}: ${failure} ${Buffer.from(input).toString("latin1").slice(0, 200)}`,
		),
		[],
	);
	const without = [...result.tallies].filter(([, { taken }]) => taken === 0).map(([name]) => name);
	t.deepEqual(without, ["boot-token"], "a parser takes none of its own seeds");
});

test("a parser that throws or lies is found out, and its input is shrunk and kept", async (t) => {
	const kept = ownFolder(t);
	const planted = { parsers: new URL("./fuzz/planted.ts", import.meta.url), kept, keepIn: kept };
	const enough = ({ rounds }: { rounds: number }): boolean => rounds >= 12;
	const { found, tallies } = await fuzz({ ...planted, seed: 3, enough });
	t.deepEqual([...new Set(found.map(({ parser }) => parser))].sort(), ["lies", "throws"]);
	t.true(tallies.get("sound")?.inputs !== undefined);
	const lie = found.find(({ parser }) => parser === "lies");
	t.regex(Buffer.from(lie?.input ?? []).toString(), /^[^{]{0,8}\{$/);
	t.true(
		found.every(
			({ failure, file, input }) => failure !== "" && basename(file).startsWith("found-") && input.length < 200,
		),
	);
	// What is kept comes first in the next run, so that it fails until it is mended.
	const again = await fuzz({ ...planted, only: "lies", seed: 4, enough: () => true });
	t.is(again.found[0]?.failure, "it gave what cannot be written again");
	t.is(again.rounds, 1);
});

test("the same seed makes the same inputs", async (t) => {
	const planted = { parsers: new URL("./fuzz/planted.ts", import.meta.url), kept: ownFolder(t), keepIn: ownFolder(t) };
	const run = () => fuzz({ ...planted, only: "sound", seed: 9, enough: ({ rounds }) => rounds >= 4 });
	const [one, other] = [await run(), await run()];
	t.deepEqual(one.tallies.get("sound")?.taken, other.tallies.get("sound")?.taken);
});

test("a kept input is fed alone by the command that is told", (t) => {
	const input = new URL("../deploy/examples/rehearsal.yaml", import.meta.url).pathname;
	const told = execFileSync(process.execPath, ["test/fuzz/main.ts", "--only", "cluster-document", "--input", input], {
		encoding: "utf8",
		cwd: new URL("..", import.meta.url),
	});
	t.true(JSON.parse(told).outcome.taken);
});
