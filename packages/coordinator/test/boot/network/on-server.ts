import { execFile, spawn } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { Lan } from "@rollcall/test-support/lan";
import { stretched } from "@rollcall/test-support/stretch";
import { tied } from "@rollcall/test-support/tied";
import type { ExecutionContext } from "ava";
import { debianCommand, type Wanted } from "../programs/debian.ts";
import type { Told, Wish } from "./dhcp-client.ts";

const CLIENT = path.join(import.meta.dirname, "dhcp-client.ts");

/** A program of Debian on the network's server, until the test ends. `ready`: what it says when it serves. */
export async function startOnServer(
	t: ExecutionContext,
	lan: Lan,
	how: { wanted: Wanted; args: readonly string[]; ready: RegExp; env?: NodeJS.ProcessEnv },
): Promise<void> {
	const command = await debianCommand(how.wanted);
	const [ip = "ip", ...inside] = lan.onServer;
	const env = { ...command.env, ...how.env };
	const words = [...inside, command.program, ...how.args];
	const child = spawn(...tied(ip, words), { env, stdio: ["ignore", "pipe", "pipe"] });
	const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	t.teardown(async () => {
		child.kill("SIGKILL");
		await exited;
	});
	let output = "";
	await new Promise<void>((resolve, reject) => {
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding("utf8").on("data", (part: string) => {
				output += part;
				if (how.ready.test(output)) resolve();
			});
		child.once("exit", (code) => reject(new Error(`${how.wanted.program} ended with ${code}: ${output}`)));
		child.once("error", reject);
	});
}

/** What firmware, or iPXE, of an architecture is told on this network. */
export async function bootIn(lan: Lan, wish: Pick<Wish, "arch" | "ipxe">): Promise<Told> {
	const [ip = "ip", ...inside] = lan.onClient;
	const asked = JSON.stringify({ mac: "52:54:00:00:00:07", address: lan.clientAddress, ...wish });
	// Not while this process waits: the server's words must be read, or it stops.
	const ended = await promisify(execFile)(ip, [...inside, process.execPath, CLIENT, asked], {
		timeout: stretched(30_000),
	});
	return JSON.parse(ended.stdout) as Told;
}
