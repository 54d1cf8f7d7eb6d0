import test from "ava";
import { createSource } from "../src/adapters/facts/read-text.ts";
import { readDns } from "../src/adapters/facts/resolver.ts";
import { temporaryRoot, writeFiles } from "./support/machine.ts";

const RESOLVED = "/run/systemd/resolve/resolv.conf";
const STUB = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n";

const cases: Record<string, [files: Record<string, string>, servers: string[], search: string[]]> = {
	"systemd-resolved's stub": [
		{
			"/etc/resolv.conf": STUB,
			[RESOLVED]: "# upstream\nnameserver 192.168.1.1\nnameserver fd00::1\nsearch lab.example\n",
		},
		["192.168.1.1", "fd00::1"],
		["lab.example"],
	],
	"NetworkManager's dnsmasq": [
		{
			"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch own.example\n",
			"/run/NetworkManager/no-stub-resolv.conf": "search other.example\nnameserver 10.0.0.1\n",
		},
		["10.0.0.1"],
		["own.example"],
	],
	"resolvconf's dnsmasq over IPv6": [
		{ "/etc/resolv.conf": "nameserver ::1\n", "/run/dnsmasq/resolv.conf": "nameserver 10.0.0.2\n" },
		["10.0.0.2"],
		[],
	],
	"no resolv.conf at all": [{ [RESOLVED]: "nameserver 192.168.1.1\n" }, ["192.168.1.1"], []],
	"an empty resolv.conf": [{ "/etc/resolv.conf": "\n", [RESOLVED]: "nameserver 192.168.1.1\n" }, ["192.168.1.1"], []],
	"a stub beside a real server": [
		{ "/etc/resolv.conf": "nameserver 127.0.0.53\nnameserver 192.168.1.1\n", [RESOLVED]: "nameserver 9.9.9.9\n" },
		["127.0.0.53", "192.168.1.1"],
		[],
	],
	"a stub of which nobody knows whom it asks": [{ "/etc/resolv.conf": STUB, [RESOLVED]: STUB }, ["127.0.0.53"], []],
	"a link-local server with its interface": [{ "/etc/resolv.conf": "nameserver fe80::1%eth0\n" }, ["fe80::1%eth0"], []],
	nothing: [{}, [], []],
};
for (const [title, [files, servers, search]] of Object.entries(cases)) {
	test(`${title}: the servers are those that can be asked from elsewhere`, (t) => {
		const root = temporaryRoot(t);
		writeFiles(root, files);
		t.deepEqual(readDns(createSource(root)), { servers, search });
	});
}
