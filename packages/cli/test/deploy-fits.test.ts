import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testNeeding } from "@rollcall/test-support/needing";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import test from "ava";
import { PROGRAM_ROOT } from "../src/program-root.ts";

const IPXE = ["ipxe"];
const read = (path: string) => readFileSync(join(PROGRAM_ROOT, path), "utf8");
const files = (folder: string) =>
	readdirSync(join(PROGRAM_ROOT, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.name.endsWith(".json"))
		.map((entry) => join(entry.parentPath, entry.name).slice(PROGRAM_ROOT.length + 1));

/** The ports of the coordinator, as it listens when nothing else is said. */
function defaults(): { readonly http: string; readonly boot: string; readonly nats: string } {
	const config = read("packages/coordinator/src/config.ts");
	const port = (pattern: RegExp) => pattern.exec(config)?.[1] ?? "?";
	return {
		http: port(/http: z\s*\.strictObject\(\{[^}]*Port\.default\((\d+)\)/),
		nats: port(/embedded: z\.strictObject\(\{[\s\S]*?Port\.default\((\d+)\)/),
		boot: port(/const Boot = [\s\S]*?Port\.default\((\d+)\)/),
	};
}

test("what an operator copies names one coordinator, at the ports where it listens by itself", (t) => {
	const { http, boot } = defaults();
	t.regex(`${http} ${boot}`, /^\d{4} \d{4}$/);
	const host = /http: \{ host: ([\d.]+) \}/.exec(read("deploy/systemd/coordinator.yaml"))?.[1];
	t.is(host, "192.0.2.1");
	let seen = 0;
	for (const file of [...files("deploy/dnsmasq"), ...files("deploy/systemd"), ...files("deploy/prometheus")]) {
		for (const [whole, address, port = ""] of read(file).matchAll(/\b(192\.0\.2\.\d+):(\d{4})\b/g)) {
			seen += 1;
			t.is(address, host, `${file}: ${whole}`);
			t.true([http, boot].includes(port), `${file}: ${whole}`);
		}
		for (const [whole, , port] of read(file).matchAll(/http:\/\/([\d.]+):(\d+)\/(?:boot\.ipxe|assets)/g))
			t.is(port, boot, `${file}: ${whole} is not the boot listener`);
	}
	t.true(seen > 5, String(seen));
});

/** Ports of others at the same addresses: of an API server, of the balancer on nodes, of Docker Swarm. */
const FOREIGN = ["6443", "7443", "2377"];

test("docs, help texts and examples name the ports where the coordinator listens by itself", (t) => {
	const ours = Object.values(defaults());
	const pages = ["README.md", ...files("docs").filter((file) => /^docs\/[^/]+\.md$/.test(file))];
	let seen = 0;
	for (const file of [...pages, ...files("deploy"), ...files("packages/cli/src")]) {
		for (const [whole, port = ""] of read(file).matchAll(/\b(?:192\.0\.2\.1|127\.0\.0\.1):(\d{4,5})\b/g)) {
			seen += 1;
			t.true([...ours, ...FOREIGN].includes(port), `${file}: ${whole}`);
		}
	}
	t.true(seen > 10, String(seen));
});

testNeeding(await debianPackages(IPXE))(
	"Debian's packages have the programs that the configurations name, at the paths that the docs name",
	async (t) => {
		const [folder = ""] = await debianFolders(IPXE);
		const docs = read("docs/boot.md");
		const named = [...docs.matchAll(/\/usr\/lib\/ipxe\/[\w.-]+\w/g)].map(([path]) => path);
		t.true(named.length >= 2);
		for (const path of named) t.truthy(lstatSync(join(folder, path)), path);
		const served = new Set(named.map((path) => path.replace(/^.*\//, "")));
		for (const [, program = ""] of read("deploy/dnsmasq/full.conf").matchAll(
			/^dhcp-boot=tag:!ipxe,tag:\w+,([\w.-]+)$/gm,
		))
			t.true(served.has(program) || docs.includes(`\`${program}\``), `docs/boot.md says where ${program} is from`);
	},
);
