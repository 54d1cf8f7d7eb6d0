import test, { type ExecutionContext } from "ava";
import { readMacs, readNics } from "../src/adapters/facts/nics.ts";
import { parsePermanentMacs } from "../src/adapters/facts/permanent-macs.ts";
import { createSource, type Source } from "../src/adapters/facts/read-text.ts";
import { readRoutes } from "../src/adapters/facts/routes.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";

interface Interface {
	readonly mac: string;
	readonly addresses?: readonly string[];
	/** More files of its folder. */
	readonly files?: Record<string, string>;
}

const CARD = { "device/vendor": "0x8086" };
const mac = (n: number) => `02:00:00:00:01:${n.toString(16).padStart(2, "0")}`;

/** The source of a machine with these interfaces, and what it finds there. */
function machine(t: ExecutionContext, interfaces: Record<string, Interface>, more: Record<string, string> = {}) {
	const root = temporaryRoot(t);
	const files = Object.entries(interfaces).flatMap(([name, { mac, files = {} }]) =>
		Object.entries({ address: mac, operstate: "up", ...files }).map(([file, text]) => [
			`/sys/class/net/${name}/${file}`,
			`${text}\n`,
		]),
	);
	writeFiles(root, { ...Object.fromEntries(files), ...more });
	const source = createSource(root);
	const addresses = new Map(Object.entries(interfaces).map(([name, { addresses = [] }]) => [name, addresses]));
	return { source, nics: readNics(source, addresses) };
}

function withAddress(nics: ReturnType<typeof readNics>): string[] {
	return nics.filter(({ addresses }) => addresses.length > 0).map(({ name }) => name);
}

const HOME = ["192.168.1.11/24"];
const UPLINKS: Record<string, Interface> = {
	"a card": { mac: mac(2), files: CARD },
	br0: { mac: mac(1), files: { uevent: "DEVTYPE=bridge", "brif/bond0/state": "3" } },
	br20: { mac: mac(1), files: { uevent: "DEVTYPE=bridge", "brif/eno1.20/state": "3" } },
	br1: { mac: mac(1), files: { uevent: "DEVTYPE=bridge" } },
	"bond0.7": { mac: mac(1), files: { uevent: "DEVTYPE=vlan" } },
	team0: { mac: mac(1) },
	mac0: { mac: mac(9), files: { uevent: "DEVTYPE=macvlan" } },
	ipvl0: { mac: mac(1) },
	dummy0: { mac: mac(9) },
	ib0: { mac: "80:00:02:08:fe:80:00:00:00:00:00:00:02:00:00:03:00:61:aa:91", files: CARD },
	wg0: { mac: "", files: { uevent: "DEVTYPE=wireguard" } },
	mygre: { mac: "c0:00:02:01", files: { operstate: "unknown", carrier: "1" } },
	host0: { mac: mac(5) },
	lo: { mac: "00:00:00:00:00:00", files: { operstate: "unknown" } },
};
for (const [name, description] of Object.entries(UPLINKS)) {
	test(`an address on ${name} is an address of the machine`, (t) => {
		const eno1 = { mac: mac(1), files: CARD };
		const { nics, source } = machine(t, { eno1, [name]: { ...description, addresses: HOME } });
		t.deepEqual(withAddress(nics), [name]);
		t.true(readMacs(source).includes(mac(1) as never));
	});
}

for (const name of [
	"cni0",
	"flannel.1",
	"cali12ab",
	"veth12",
	"docker0",
	"br-0123456789ab",
	"kube-ipvs0",
	"tunl0",
	"virbr0",
	"nodelocaldns",
]) {
	test(`${name} is no way out of the machine, whatever address it has`, (t) => {
		const { nics } = machine(t, {
			eno1: { mac: mac(1), files: CARD, addresses: HOME },
			[name]: { mac: mac(9), addresses: ["10.1.0.1/16"] },
		});
		t.deepEqual(withAddress(nics), ["eno1"]);
	});
}

test("a bridge between containers is no way out of the machine under any name", (t) => {
	const bridge = {
		mac: mac(9),
		addresses: ["10.1.0.1/16"],
		files: { "brif/veth1/state": "3", "brif/vnet3/state": "3" },
	};
	t.deepEqual(withAddress(machine(t, { eno1: { mac: mac(1), files: CARD, addresses: HOME }, mynet: bridge }).nics), [
		"eno1",
	]);
});

test("a file among the interfaces is none", (t) => {
	const { nics } = machine(t, {}, { "/sys/class/net/bonding_masters": "bond0\n" });
	t.deepEqual(nics, []);
});

test("a card behind hundreds of virtual functions is found, and they are not the machine's identity", (t) => {
	const functions = Object.fromEntries(
		Array.from({ length: 256 }, (_, n) => [
			`ens1f0v${n}`,
			{
				mac: `02:00:00:00:02:${(n % 256).toString(16).padStart(2, "0")}`,
				files: { ...CARD, "device/physfn/vendor": "0x8086" },
			},
		]),
	);
	const { nics, source } = machine(t, { ...functions, enp65s0f0: { mac: mac(1), files: CARD, addresses: HOME } });
	t.deepEqual(withAddress(nics), ["enp65s0f0"]);
	t.deepEqual(readMacs(source), [mac(1)] as never);
});

test("a virtual function with an address carries it; one inside a virtual machine is a card", (t) => {
	const function_ = { mac: mac(3), addresses: HOME };
	const outside = machine(t, {
		eno1: { mac: mac(1), files: CARD },
		ens1v0: { ...function_, files: { "device/physfn/x": "" } },
	});
	t.deepEqual(withAddress(outside.nics), ["ens1v0"]);
	const inside = machine(t, { ens1: { ...function_, files: CARD } });
	t.deepEqual(readMacs(inside.source), [mac(3)] as never);
});

test("identity is made of the cards' permanent MACs, not of what a bond, a team or a person gave them", (t) => {
	const { source } = machine(t, {
		eno1: { mac: mac(1), files: { ...CARD, "bonding_slave/perm_hwaddr": mac(1) } },
		eno2: { mac: mac(1), files: { ...CARD, "bonding_slave/perm_hwaddr": mac(2) } },
		eno3: { mac: mac(1), files: { ...CARD, addr_assign_type: "3" } },
		usb0: { mac: mac(7), files: { ...CARD, addr_assign_type: "1" } },
		bond0: { mac: mac(1) },
		vrrp0: { mac: "00:00:5e:00:01:0a", addresses: HOME },
	});
	const told = parsePermanentMacs(JSON.stringify([{ ifname: "lo" }, { ifname: "eno3", permaddr: mac(3), mtu: 1500 }]));
	t.deepEqual(readMacs(source, told), [mac(1), mac(2), mac(3)] as never);
});

test("what ip says wrongly or not at all is no permanent MAC", (t) => {
	for (const text of ["", "ip: unknown option", "{}", '[{"ifname":1}]', '[{"ifname":"a","permaddr":"x"}]'])
		t.is(parsePermanentMacs(text).size, 0);
});

test("temporary, deprecated and doubled IPv6 addresses are left out", (t) => {
	const line = (end: string, flags: string, name = "eno1") =>
		`20010db80000000000000000000000${end} 02 40 00 ${flags} ${name.padStart(8)}\n`;
	const { nics } = machine(
		t,
		{
			eno1: {
				mac: mac(1),
				files: CARD,
				addresses: ["2001:db8::1/64", "2001:DB8:0::2/64", "2001:db8::3/64", "2001:db8::4/64", "2001:db8::5/64"],
			},
		},
		{
			"/proc/net/if_inet6": [
				line("01", "01"),
				line("02", "20"),
				line("03", "08"),
				line("04", "80"),
				line("05", "00"),
				line("04", "20", "eth7"),
			].join(""),
		},
	);
	t.deepEqual(nics[0]?.addresses, ["2001:db8::4/64", "2001:db8::5/64"]);
});

test("of several default routes the one counts that traffic takes", (t) => {
	const row = (nic: string, gateway: string, metric: number) =>
		`${nic}\t00000000\t${gateway}\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0\n`;
	const six = (nic: string, metric: string) =>
		`${"0".repeat(32)} 00 ${"0".repeat(32)} 00 20010db8000000000000000000000001 ${metric} 00000001 00000000 00000003 ${nic}\n`;
	const route = (ipv4: string, ipv6 = "") => {
		const { source, nics }: { source: Source; nics: { name: string }[] } = machine(
			t,
			{ a: { mac: mac(1), files: { operstate: "down" } }, b: { mac: mac(2) }, c: { mac: mac(3) } },
			{ "/proc/net/route": `Iface\n${ipv4}`, "/proc/net/ipv6_route": ipv6 },
		);
		return readRoutes(
			source,
			nics.map(({ name }) => name),
		).defaultRoute?.nic;
	};
	t.is(route(row("b", "0101A8C0", 200) + row("c", "0102A8C0", 100)), "c");
	t.is(route(row("a", "0101A8C0", 1) + row("b", "0102A8C0", 100)), "b");
	t.is(route(row("a", "0101A8C0", 1)), "a");
	t.is(route(row("b", "0101A8C0", 900), six("c", "00000001")), "b");
	t.is(route(row("a", "0101A8C0", 1), six("c", "00000400")), "c");
});

test("of more interfaces with addresses than facts hold, those that lead to everywhere are told", (t) => {
	const many = Array.from({ length: 100 }, (_, n) => [`en${100 + n}`, { mac: mac(n), addresses: [`10.0.${n}.1/24`] }]);
	const last = { mac: mac(101), addresses: HOME };
	const { nics } = machine(
		t,
		{ ...Object.fromEntries(many), zz4: last, zz6: last },
		{
			"/proc/net/route": "Iface\tDestination\tGateway\nzz4\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\n",
			"/proc/net/ipv6_route": `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 fe80${"0".repeat(27)}1 00000400 00000001 00000000 00000003      zz6\n`,
		},
	);
	t.deepEqual(
		nics.map(({ name }) => name).filter((name) => name.startsWith("zz")),
		["zz4", "zz6"],
	);
	t.is(nics.length, 64);
});
