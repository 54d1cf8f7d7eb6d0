import { execFile } from "node:child_process";
import { endianness } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "@rollcall/test-support/eventually";
import { makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { inArpTable, linkOf, neighbourMac } from "../../../src/adapters/network/neighbours.ts";

const execute = promisify(execFile);

const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x2         52:54:00:00:00:07     *        eth0
192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.9        0x1         0x2         52:54:00:00:00:09     *        eth0
192.0.2.9        0x1         0x2         52:54:00:00:00:99     *        eth1
`;

test("an address that the kernel has resolved on its link is that MAC; an incomplete entry, one of another link and an absent one are nobody", (t) => {
	t.is(inArpTable(TABLE, "192.0.2.7", "eth0"), "52:54:00:00:00:07" as never);
	t.is(inArpTable(TABLE, "192.0.2.9", "eth1"), "52:54:00:00:00:99" as never);
	t.is(inArpTable(TABLE, "192.0.2.7", "eth1"), undefined);
	for (const address of ["192.0.2.8", "192.0.2.70", "192.0.2"]) t.is(inArpTable(TABLE, address, "eth0"), undefined);
});

/** As Linux prints it, on a computer of either order of bytes. */
const inOrder = (text: string): string =>
	endianness() === "LE" ? text : Buffer.from(text, "hex").swap32().toString("hex");
const route = (device: string, [to, gateway, flags, metric, mask]: readonly [string, string, string, number, string]) =>
	[device, inOrder(to), inOrder(gateway), flags, 0, 0, metric, inOrder(mask), 0, 0, 0].join("\t");
const ROUTES = [
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
	route("eth0", ["00000000", "FE0200C0", "0003", 0, "00000000"]),
	route("eth0", ["000200C0", "00000000", "0001", 100, "00FFFFFF"]),
	route("wlan0", ["000200C0", "00000000", "0001", 600, "00FFFFFF"]),
	route("eth1", ["006433C6", "00000000", "0001", 0, "00FFFFFF"]),
	route("eth0", ["806433C6", "FE0200C0", "0003", 0, "80FFFFFF"]),
	"",
].join("\n");

test("an address is on the link that its narrowest route names, and on none where that leads over a router", (t) => {
	t.is(linkOf(ROUTES, "192.0.2.7"), "eth0");
	t.is(linkOf(ROUTES, "198.51.100.7"), "eth1");
	for (const address of ["198.51.100.200", "203.0.113.7", "nonsense"]) t.is(linkOf(ROUTES, address), undefined);
	t.is(linkOf("", "192.0.2.7"), undefined);
});

test("nobody is observed on the loopback, nor under a text that is no address", async (t) => {
	for (const remote of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "; rm -rf /", "192.0.2.250"])
		t.is(await neighbourMac(remote), undefined);
});

const observer = fileURLToPath(new URL("./observer.ts", import.meta.url));
const ASK = "fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)";

/** As the coordinator's unit has it (`ProcSubset=pid`): of /proc only what belongs to processes. */
const SMALL_PROC = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o subset=pid proc /proc && exec "$@"', "sh"];

for (const [family, sandbox] of [
	["IPv4", []],
	["IPv6", []],
	["IPv4", SMALL_PROC],
	["IPv6", SMALL_PROC],
] as const) {
	testNeeding(namespaces())(
		`who speaks to us over a link by ${family} is known by the MAC of its NIC there${sandbox.length > 0 ? ", in the sandbox of the unit too" : ""}`,
		async (t) => {
			const lan = makeLan(t);
			const onClient = async (...words: string[]): Promise<string> => {
				const [program = "", ...rest] = [...lan.onClient, ...words];
				return (await execute(program, rest)).stdout.trim();
			};
			const host = family === "IPv6" ? lan.serverAddress6 : lan.serverAddress;
			const [program = "", ...words] = [...lan.onServer, ...sandbox, process.execPath, observer, host];
			const server = run(program, words);
			t.teardown(() => server.end("SIGKILL"));
			const port = await eventually("the observer to listen", () => /^\d+$/m.exec(server.output())?.[0]);
			const seen = await onClient(
				process.execPath,
				"-e",
				ASK,
				`http://${family === "IPv6" ? `[${host}]` : host}:${port}/`,
			);
			t.is(seen, await onClient("cat", "/sys/class/net/lan/address"));
		},
	);
}
