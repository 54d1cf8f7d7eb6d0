import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BootList } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import type { ExecutionContext } from "ava";
import { bootDocument, writeAgentProgram } from "../support/boot.ts";
import { type Bridge, makeBridge } from "./bridge.ts";
import { type Emulator, findEmulator, networkBoot } from "./emulator.ts";
import { type LabHost, startHost, startOn } from "./host.ts";
import { LAB_CACHE } from "./lab.ts";
import { switchPart } from "./part.ts";

const MAC = "52:54:00:0b:00:07";
/** An emulated machine on a busy computer. */
const BOOTED_MS = 120_000;

/** The emulator, and a coordinator with DHCP on the host of a switch. */
async function scene(t: ExecutionContext): Promise<{ emulator: Emulator; bridge: Bridge; host: LabHost }> {
	const emulator = await findEmulator(LAB_CACHE);
	const bridge = makeBridge(t);
	const folder = ownFolder(t);
	const document = join(folder, "boot.yaml");
	await writeFile(document, bootDocument("lab"));
	const agent = writeAgentProgram(folder).file;
	const wish = { dataFolder: join(folder, "data"), bootDocument: document, agent, cache: LAB_CACHE };
	return { emulator, bridge, host: await startHost(t, bridge, wish) };
}

testNeeding(await switchPart())(
	"a machine on a switch is led by the rendered DHCP configuration to its boot script, and the waterfall shows it",
	async (t) => {
		t.timeout(stretched(2 * BOOTED_MS));
		const { bridge, emulator, host } = await scene(t);
		const machine = startOn(t, bridge, networkBoot(emulator, bridge.nic(MAC)), emulator.environment);
		const boot = await eventually(
			"the machine's boot",
			async () => {
				const { code, stdout, stderr } = await host.rollcall("boots", "--mac", MAC, "-o", "json");
				if (code !== 0) throw new Error(stderr);
				const { boots } = JSON.parse(stdout) as BootList;
				return boots.find(({ state }) => state === "stuck");
			},
			BOOTED_MS,
		).catch((error: unknown) => {
			throw new Error(`${host.output()}\n${machine.output()}`, { cause: error });
		});
		// The boot document names files that nobody added.
		t.like(boot, { profile: "lab", mac: MAC, waitingFor: "kernel" });
		t.regex(`${boot.cause} ${boot.next}`, /lab\/vmlinuz/);
		t.deepEqual(
			boot.stages.filter(({ at }) => at).map(({ stage }) => stage),
			["dhcp", "ipxe"],
		);
		t.regex(boot.address ?? "", /^192\.0\.2\.1\d\d$/);
		t.regex(host.dhcp.output(), new RegExp(`DHCPACK\\(lan\\) ${boot.address} ${MAC}`));
	},
);
