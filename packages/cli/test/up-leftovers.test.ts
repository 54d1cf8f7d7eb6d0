import { spawn } from "node:child_process";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "ava";
import { Failure } from "../src/errors.ts";
import { claimFolder, removeLeftovers } from "../src/up/leftovers.ts";
import { PowerSwitches } from "../src/up/power-switch.ts";
import { checkPort } from "../src/up/taken-port.ts";
import { temporaryFolder } from "./support/cli.ts";
import { fleet } from "./support/views.ts";

/** The number of a process that is over. */
async function deadPid(): Promise<number> {
	const child = spawn("true", { stdio: "ignore" });
	await new Promise((resolve) => child.once("close", resolve));
	return child.pid ?? 0;
}

test("only a user's own folders whose owner is gone are removed", async (t) => {
	const temporary = await temporaryFolder(t);
	const make = async (name: string, change: object | string | undefined, mode = 0o700) => {
		const folder = join(temporary, name);
		await mkdir(folder, { mode: 0o700 });
		await writeFile(join(folder, "something"), "x");
		if (typeof change === "string") await writeFile(join(folder, "owner.json"), change);
		else if (change) {
			await claimFolder(folder);
			const note = JSON.parse(await readFile(join(folder, "owner.json"), "utf8"));
			await writeFile(join(folder, "owner.json"), JSON.stringify({ ...note, ...change }));
		}
		await chmod(folder, mode);
		return folder;
	};
	const dead = await deadPid();
	await make("rollcall-up-dead", { pid: dead });
	await make("rollcall-up-reused", { startTime: "1" });
	const stays = ["alive", "foreign", "kept", "broken", "open", "link"].map((name) => `rollcall-up-${name}`);
	await make("rollcall-up-alive", {});
	await make("rollcall-up-foreign", { pid: dead, namespace: "pid:[1]" });
	await make("rollcall-up-kept", undefined);
	await make("rollcall-up-broken", "{");
	await make("rollcall-up-open", { pid: dead }, 0o755);
	const other = await make("another-program", { pid: dead });
	await symlink(other, join(temporary, "rollcall-up-link"));
	t.is(await removeLeftovers(temporary), 2);
	t.deepEqual((await readdir(temporary)).sort(), ["another-program", ...stays].sort());
	t.deepEqual((await readdir(other)).sort(), ["owner.json", "something"]);
	t.is(await removeLeftovers(join(temporary, "none")), 0);
});

test("a port that is taken is named, with who may have it and the next step", async (t) => {
	const server = createServer((socket) => socket.destroy());
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as { port: number };
	const error = await t.throwsAsync(checkPort(port), { instanceOf: Failure });
	t.regex(error.message, new RegExp(`^--port ${port}: another program listens on port ${port} `));
	t.regex(error.next ?? "", new RegExp(`ss -ltnp sport = :${port}.*another port`));
	await new Promise((resolve) => server.close(resolve));
	await t.notThrowsAsync(checkPort(port));
});

test("a removed machine of this run is switched off and on once, one that was removed before is not", (t) => {
	const [first, second] = fleet();
	if (!first || !second) return t.fail();
	const switches = new PowerSwitches(10);
	let pressed = 0;
	const { machineId } = first;
	switches.of("rehearsal-1").onPress(() => {
		pressed += 1;
	});
	switches.see([
		{ ...first, labels: { rehearsal: "rehearsal-1" } },
		{ ...second, labels: {} },
	]);
	const removed = (seq: number, id = machineId) =>
		switches.hear({ type: "machine-removed", seq, at: 0, machineId: id, by: "admin" } as never);
	removed(9);
	removed(11, second.machineId);
	t.is(pressed, 0);
	removed(12);
	removed(13);
	t.is(pressed, 1);
	return undefined;
});
