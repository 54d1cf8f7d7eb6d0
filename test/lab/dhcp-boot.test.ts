import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BootList } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { bootDocument, writeAgentProgram } from "../support/boot.ts";
import { newOperator } from "../support/cli.ts";
import { ownFolder } from "../support/coordinator.ts";
import { eventually } from "../support/eventually.ts";
import { type Running, repository, run } from "../support/processes.ts";
import { type Bridge, makeBridge } from "./bridge.ts";
import { type Emulator, findEmulator } from "./emulator.ts";
import { LabUnavailable, unpackPackages } from "./image/debian.ts";

const CACHE = join(repository, ".cache/lab");
const MAC = "52:54:00:0b:00:07";
const BOOT_PORT = 7480;
/** An emulated machine on a busy computer. */
const BOOTED_MS = 120_000;

/** What the test needs of this computer; undefined, and said loudly, where it lacks something. */
async function parts(
	t: ExecutionContext,
): Promise<{ emulator: Emulator; dnsmasq: string; bridge: Bridge } | undefined> {
	try {
		await mkdir(CACHE, { recursive: true });
		const dnsmasq = join(CACHE, "dnsmasq");
		await unpackPackages({ names: ["dnsmasq-base"], beside: "this-computer" }, dnsmasq, CACHE);
		return { emulator: await findEmulator(CACHE), dnsmasq, bridge: makeBridge(t) };
	} catch (error) {
		if (!(error instanceof LabUnavailable) || process.env.CI) throw error;
		t.log(`SKIPPED: ${error.message}`);
		t.pass();
		return undefined;
	}
}

/** Starts a program on the host of the switch; ended with the test. */
function startOn(
	t: ExecutionContext,
	bridge: Bridge,
	command: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): Running {
	const [ip = "ip", ...words] = [...bridge.onHost, ...command];
	const started = run(ip, words, environment);
	t.teardown(() => started.end("SIGKILL"));
	return started;
}

test("a machine on a switch is led by the rendered DHCP configuration to its boot script, and the waterfall shows it", async (t) => {
	t.timeout(2 * BOOTED_MS);
	const found = await parts(t);
	if (!found) return;
	const { bridge, emulator, dnsmasq } = found;
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	await writeFile(document, bootDocument("lab"));
	const url = `http://${bridge.address}:${BOOT_PORT}`;
	const config = {
		dataFolder: join(folder, "data"),
		http: { host: "127.0.0.1", port: 7420 },
		boot: { host: bridge.address, port: BOOT_PORT, document, agent: writeAgentProgram(folder).file },
	};
	const configFile = join(folder, "coordinator.yaml");
	await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
	const main = join(repository, "packages/coordinator/src/main.ts");
	const coordinator = startOn(t, bridge, [process.execPath, main, "--config", configFile]);
	t.teardown(() => coordinator.end());
	await eventually("the coordinator", () => existsSync(join(config.dataFolder, "api.json")) || undefined).catch(() =>
		t.fail(coordinator.output()),
	);

	const operator = newOperator(t);
	const range = ["--range", "192.0.2.100-192.0.2.200", "--interface", "lan", "--tftp-root", folder];
	const rendered = await operator.rollcall("render", "dnsmasq", "--mode", "full", "--url", url, ...range);
	t.is(rendered.code, 0, rendered.stderr);
	const dnsmasqFile = join(folder, "dnsmasq.conf");
	await writeFile(dnsmasqFile, rendered.stdout);
	const own = ["--keep-in-foreground", "--no-ping", "--log-facility=-", "--user=root", "--group=root", "--pid-file="];
	const server = startOn(
		t,
		bridge,
		[join(dnsmasq, "usr/sbin/dnsmasq"), "-C", dnsmasqFile, `--dhcp-leasefile=${join(folder, "leases")}`, ...own],
		{ LD_LIBRARY_PATH: join(dnsmasq, "usr/lib/x86_64-linux-gnu") },
	);

	const hardware = ["-machine", "q35", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-boot", "n"];
	const machine = startOn(
		t,
		bridge,
		[emulator.program, ...emulator.args, ...hardware, ...bridge.nic(MAC)],
		emulator.environment,
	);
	const connection = ["--server", "http://127.0.0.1:7420", "--token-file", join(config.dataFolder, "admin-token")];
	const cli = join(repository, "packages/cli/src/main.ts");
	const boot = await eventually(
		"the machine's boot",
		async () => {
			const asked = startOn(t, bridge, [process.execPath, cli, ...connection, "boots", "--mac", MAC, "-o", "json"]);
			const { code } = await asked.exited;
			if (code !== 0) throw new Error(asked.output());
			const { boots } = JSON.parse(asked.output()) as BootList;
			return boots.find(({ stages }) => stages.some(({ stage, at }) => stage === "ipxe" && at));
		},
		BOOTED_MS,
	).catch((error: unknown) => {
		throw new Error(`${server.output()}\n${machine.output()}`, { cause: error });
	});
	t.like(boot, { profile: "lab", mac: MAC, state: "booting", waitingFor: "kernel" });
	t.deepEqual(
		boot.stages.filter(({ at }) => at).map(({ stage }) => stage),
		["dhcp", "ipxe"],
	);
	t.regex(boot.address ?? "", /^192\.0\.2\.1\d\d$/);
	t.regex(server.output(), new RegExp(`DHCPACK\\(lan\\) ${boot.address} ${MAC}`));
});
