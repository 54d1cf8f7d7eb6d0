import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "./support/places.ts";

const NAMES = ["@rollcall/protocol", "reflect-metadata", "zod", "yaml", "fastify", "jose", "prom-client", "fast-check"];
const OF_BUS = [
	"@nats-io/jetstream",
	"@nats-io/jwt",
	"@nats-io/nats-core",
	"@nats-io/nkeys",
	"@nats-io/transport-node",
];
const LARGE = ["@peculiar/x509", "@kubernetes/client-node"];

/** By package: where another process loads it from, and what it exports. */
function loadedWith(...words: string[]): Record<string, { url: string; names: string[] }> {
	const program = `
		const found = {};
		for (const name of ${JSON.stringify([...NAMES, ...OF_BUS, ...LARGE])})
			found[name] = { url: import.meta.resolve(name), names: Object.keys(await import(name)).filter((one) => /^\\w+$/.test(one)) };
		console.log(JSON.stringify(found));`;
	const args = [...words, "--input-type=module", "--eval", program];
	return JSON.parse(execFileSync(process.execPath, args, { cwd: repository, encoding: "utf8" }));
}

test("a process of tests has the packages that it shares with others from a bundle, with all that they export", (t) => {
	const whole = loadedWith();
	const bundled = loadedWith("--require", join(repository, "scripts/use-test-modules.cjs"));
	for (const [name, { url, names }] of Object.entries(whole)) {
		t.false(url.includes(".cache/test-modules"), url);
		t.true(bundled[name]?.url.includes(".cache/test-modules"), `${name}: ${bundled[name]?.url}`);
		t.deepEqual(bundled[name]?.names, names, name);
	}
});

test("what is bundled for tests can be copied with its folder: no table of it names a place outside of the project", (t) => {
	const bundles = join(repository, ".cache/test-modules");
	for (const bundle of readdirSync(bundles)) {
		const { main } = JSON.parse(readFileSync(join(bundles, bundle, "sources.json"), "utf8")) as { main: string };
		const names = Object.keys(JSON.parse(readFileSync(join(bundles, bundle, main), "utf8")));
		t.deepEqual(
			names.filter((name) => name.includes(":") || name.startsWith("/")),
			[],
			bundle,
		);
	}
});
