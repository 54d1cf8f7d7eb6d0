import { createInterface } from "node:readline";
import type { Scope } from "@rollcall/test-support/own-folder";
import { run } from "@rollcall/test-support/running";

/** Sends what each line asks for, and prints its number with the answer, until nobody asks any more. */
const CALLER = `const [base, token] = process.argv.slice(1);
require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
	const { number, method, path, body } = JSON.parse(line);
	const headers = { authorization: "Bearer " + token, ...(body === undefined ? {} : { "content-type": "application/json" }) };
	const wish = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
	const said = await fetch(base + path, wish).then(async (one) => ({ answer: await one.text() }), (error) => ({ failed: String(error.cause ?? error) }));
	console.log(JSON.stringify({ number, ...said }));
}).on("close", () => process.exit());`;

interface Said {
	readonly number: number;
	readonly answer?: string;
	readonly failed?: string;
}

/**
 * Calls a coordinator's API from another host, such as a network namespace, by one process there: with one for each call, most of what they take is Node's start.
 * `before`: the words that make a program run on that host.
 */
export function startCaller(
	t: Scope,
	to: { before: readonly string[]; url: string; token: string; authorityFile: string },
): <T>(method: string, path: string, body?: unknown) => Promise<T> {
	const [program = "", ...rest] = [...to.before, process.execPath, "-e", CALLER, to.url, to.token];
	const running = run(program, rest, { NODE_EXTRA_CA_CERTS: to.authorityFile });
	t.teardown(() => running.end("SIGKILL"));
	const waiting = new Map<number, PromiseWithResolvers<string>>();
	const { stdin, stdout } = running.child;
	if (!stdin || !stdout) throw new Error("the caller has no pipes");
	createInterface({ input: stdout }).on("line", (line) => {
		const { number, answer, failed } = JSON.parse(line) as Said;
		if (answer === undefined) waiting.get(number)?.reject(new Error(failed));
		else waiting.get(number)?.resolve(answer);
		waiting.delete(number);
	});
	const gone = running.exited.then(() => {
		throw new Error(`the caller ended: ${running.output()}`);
	});
	gone.catch(() => undefined);
	let calls = 0;
	return async <T>(method: string, path: string, body?: unknown) => {
		const number = ++calls;
		const said = Promise.withResolvers<string>();
		waiting.set(number, said);
		stdin.write(`${JSON.stringify({ number, method, path, body })}\n`);
		return JSON.parse(await Promise.race([said.promise, gone])) as T;
	};
}
