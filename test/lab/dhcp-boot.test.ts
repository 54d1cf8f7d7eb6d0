import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BootList } from "@rollcall/protocol";
import test, { type ExecutionContext } from "ava";
import { bootDocument, writeAgentProgram } from "../support/boot.ts";
import { ownFolder } from "../support/coordinator.ts";
import { eventually } from "../support/eventually.ts";
import { repository } from "../support/processes.ts";
import { type Bridge, makeBridge } from "./bridge.ts";
import { type Emulator, findEmulator } from "./emulator.ts";
import { type LabHost, startHost, startOn } from "./host.ts";
import { LabUnavailable } from "./image/debian.ts";

const CACHE = join(repository, ".cache/lab");
const MAC = "52:54:00:0b:00:07";
/** An emulated machine on a busy computer. */
const BOOTED_MS = 120_000;

/** What the test needs of this computer; undefined, and said loudly, where it lacks something. */
async function parts(t: ExecutionContext): Promise<{ emulator: Emulator; bridge: Bridge; host: LabHost } | undefined> {
	try {
		await mkdir(CACHE, { recursive: true });
		const emulator = await findEmulator(CACHE);
		const bridge = makeBridge(t);
		const folder = ownFolder(t);
		const document = join(folder, "boot.yaml");
		await writeFile(document, bootDocument("lab"));
		const agent = writeAgentProgram(folder).file;
		const wish = { dataFolder: join(folder, "data"), bootDocument: document, agent, cache: CACHE };
		return { emulator, bridge, host: await startHost(t, bridge, wish) };
	} catch (error) {
		if (!(error instanceof LabUnavailable) || process.env.CI) throw error;
		t.log(`SKIPPED: ${error.message}`);
		t.pass();
		return undefined;
	}
}

test("a machine on a switch is led by the rendered DHCP configuration to its boot script, and the waterfall shows it", async (t) => {
	t.timeout(2 * BOOTED_MS);
	const found = await parts(t);
	if (!found) return;
	const { bridge, emulator, host } = found;
	const hardware = ["-machine", "q35", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-boot", "n"];
	const machine = startOn(
		t,
		bridge,
		[emulator.program, ...emulator.args, ...hardware, ...bridge.nic(MAC)],
		emulator.environment,
	);
	const boot = await eventually(
		"the machine's boot",
		async () => {
			const { code, stdout, stderr } = await host.rollcall("boots", "--mac", MAC, "-o", "json");
			if (code !== 0) throw new Error(stderr);
			const { boots } = JSON.parse(stdout) as BootList;
			return boots.find(({ stages }) => stages.some(({ stage, at }) => stage === "ipxe" && at));
		},
		BOOTED_MS,
	).catch((error: unknown) => {
		throw new Error(`${host.output()}\n${machine.output()}`, { cause: error });
	});
	t.like(boot, { profile: "lab", mac: MAC, state: "booting", waitingFor: "kernel" });
	t.deepEqual(
		boot.stages.filter(({ at }) => at).map(({ stage }) => stage),
		["dhcp", "ipxe"],
	);
	t.regex(boot.address ?? "", /^192\.0\.2\.1\d\d$/);
	t.regex(host.dhcp.output(), new RegExp(`DHCPACK\\(lan\\) ${boot.address} ${MAC}`));
});
