import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "@rollcall/test-support/eventually";
import { makeLan } from "@rollcall/test-support/lan";
import { testNeeding } from "@rollcall/test-support/needing";
import { namespaces } from "@rollcall/test-support/part";
import { run } from "@rollcall/test-support/running";
import test from "ava";
import { inArpTable, neighbourMac } from "../../../src/adapters/network/neighbours.ts";

const execute = promisify(execFile);

const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x2         52:54:00:00:00:07     *        eth0
192.0.2.8        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.9        0x1         0x2         52:54:00:00:00:09     *        eth0
192.0.2.9        0x1         0x2         52:54:00:00:00:99     *        eth1
`;

test("an address that the kernel has resolved is that MAC; an incomplete entry, a doubled and an absent one are nobody", (t) => {
	t.is(inArpTable(TABLE, "192.0.2.7"), "52:54:00:00:00:07" as never);
	for (const address of ["192.0.2.8", "192.0.2.9", "192.0.2.70", "192.0.2"])
		t.is(inArpTable(TABLE, address), undefined);
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
