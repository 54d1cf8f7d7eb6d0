// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
import { Profile } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { profileScript, refusalScript, stubScript } from "../../src/boot/boot-script.ts";
import type { BootUrls } from "../../src/boot/machine-urls.ts";
import { menuScript } from "../../src/boot/menu.ts";
import {
	alpineProfile,
	cloudInitProfile,
	debianLiveProfile,
	fedoraCoreosProfile,
	flatcarProfile,
} from "../../src/boot/profiles.ts";
import { parseBootQuery } from "../../src/boot/request.ts";
import { Unencodable } from "../../src/errors.ts";
import { assertGolden } from "./golden-files.ts";
import { parseIpxe } from "./parsers/ipxe.ts";
import { parseKernelCommandLine } from "./parsers/kernel.ts";

function urlsOf(labels: Record<string, string> = {}, token = "t0ken"): BootUrls {
	const { request } = parseBootQuery(
		Object.entries({ uuid: "4c4c4544-0000-2010-8020-b1c04f4d3332", mac: "52:54:00:a1:9c:ae", ...labels }),
	);
	return { base: "http://192.0.2.1:8080", request, labels: Object.keys(labels), token };
}

test("the stub comes back with the machine's own values, percent-encoded where they may hold anything", (t) => {
	const settings = {
		uuid: "4c4c4544-0000-2010-8020-b1c04f4d3332",
		"mac:hexhyp": "52-54-00-a1-9c-ae",
		"hostname:uristring": "a%26b%20c",
		"serial:uristring": "%24%7Bx%7D",
		"buildarch:uristring": "x86_64",
	};
	const lines = parseIpxe(stubScript(), settings);
	t.is(lines[0]?.label, "again");
	const [chain, jump] = lines[1]?.commands ?? [];
	t.is(
		chain?.words.join(" "),
		"chain ipxe?uuid=4c4c4544-0000-2010-8020-b1c04f4d3332&mac=52-54-00-a1-9c-ae&domain=&hostname=a%26b%20c&serial=%24%7Bx%7D&asset=&arch=x86_64&buildarch=x86_64",
	);
	t.deepEqual([jump?.joint, jump?.words], ["||", ["goto", "failed"]]);
});

const built = {
	flatcar: flatcarProfile({ name: "flatcar", version: "4230.2.4", args: ["console=ttyS0"] }),
	"fedora-coreos": fedoraCoreosProfile({ name: "fcos", version: "42.20250803.3.0" }),
	"debian-live": debianLiveProfile({ name: "debian", version: "13" }),
	alpine: alpineProfile({ name: "alpine", version: "3.22" }),
	"cloud-init": cloudInitProfile({
		name: "cloud",
		kernel: "/assets/site/vmlinuz",
		initrd: ["/assets/site/initrd"],
		args: ["root=LABEL=root"],
	}),
};
for (const [name, profile] of Object.entries(built)) {
	test(`the built-in profile for ${name} gives the script that its system expects`, (t) => {
		assertGolden(t, `${name}.ipxe`, profileScript(profile, urlsOf()));
	});
}

test("a profile with iPXE's own settings, as matchbox has them, keeps them", (t) => {
	const profile = Profile.parse({
		name: "old",
		kernel: "/assets/k",
		initrd: ["/assets/pxe_image.cpio.gz"],
		args: ["initrd=pxe_image.cpio.gz", "config.url=http://boot.example/ignition?uuid=${uuid}&mac=${mac:hexhyp}"],
	});
	const script = profileScript(profile, urlsOf());
	const words = parseIpxe(script, { uuid: "u", "mac:hexhyp": "52-54" })[1]?.commands[0]?.words ?? [];
	t.deepEqual(words, [
		"kernel",
		"http://192.0.2.1:8080/assets/k",
		"initrd=pxe_image.cpio.gz",
		"config.url=http://boot.example/ignition?uuid=u&mac=52-54",
	]);
	t.true(script.includes("\ninitrd http://192.0.2.1:8080/assets/pxe_image.cpio.gz\n"));
});

test("whatever a machine says of itself, its script has the same commands and its URLs the same meaning", (t) => {
	const profile = flatcarProfile({ name: "flatcar", version: "1" });
	const shape = parseIpxe(profileScript(profile, urlsOf({ serial: "x" }))).map((line) =>
		line.commands.map((command) => command.words.length),
	);
	fc.assert(
		fc.property(
			fc
				.string({ unit: "grapheme", minLength: 1, maxLength: 60 })
				.filter((text) => !/[\p{Cc}\u2028\u2029]|\$\{[^}]*\}/u.test(text)),
			(serial) => {
				const lines = parseIpxe(profileScript(profile, urlsOf({ serial })));
				t.deepEqual(
					lines.map((line) => line.commands.map((command) => command.words.length)),
					shape,
				);
				const args = parseKernelCommandLine(lines[1]?.commands[0]?.words.slice(2).join(" ") ?? "");
				const url = new URL(args.find((arg) => arg.name === "ignition.config.url")?.value ?? "");
				t.is(url.searchParams.get("serial"), serial);
				t.is(url.searchParams.get("token"), "t0ken");
			},
		),
		{ numRuns: 3000 },
	);
});

test("a boot begins by forgetting what a failed one left, which the kernel would get as an initrd", (t) => {
	t.is(parseIpxe(profileScript(built.flatcar, urlsOf()))[0]?.commands[0]?.words.join(" "), "imgfree");
});

test("unknown placeholders and unsafe settings are refused with their argument", (t) => {
	const of = (arg: string) => () =>
		profileScript(Profile.parse({ name: "p", kernel: "/assets/k", args: [arg] }), urlsOf());
	t.throws(of("a={{ignitoin}}"), {
		instanceOf: Unencodable,
		message: /profile p, argument a=\{\{ignitoin\}\}.*ignition/,
	});
	for (const setting of [
		"hostname",
		"netX/hostname",
		"net0.dhcp/domain",
		"version",
		"serial",
		"filename",
		"mac:string",
	])
		t.throws(of(`host=\${${setting}}`), { instanceOf: Unencodable }, setting);
});

test("settings that are addresses, numbers or names of iPXE's own stay, of whatever interface and source", (t) => {
	const settings = [
		"netX/mac",
		"netX/ip",
		"net0/ip6",
		"net0.dhcp/ip:ipv4",
		"netX/gateway",
		"netX/mac:hexhyp",
		"netX/ifname",
	];
	for (const setting of [
		...settings,
		"netX/next-server",
		"serial:uristring",
		"netX/domain:uristring",
		"asset:hexhyp",
	]) {
		const profile = Profile.parse({ name: "p", kernel: "/assets/k", args: [`a=\${${setting}}`] });
		t.true(profileScript(profile, urlsOf()).includes(` a=\${${setting}}\n`), setting);
	}
});

test("sources are below /assets/ or http(s), nothing else", (t) => {
	for (const kernel of [
		"file:///etc/shadow",
		"/etc/shadow",
		"/assets/../x",
		"/assets/a/./b",
		"http://a b",
		"tftp://a/b",
		"/assets/a\nboot",
	]) {
		t.false(Profile.safeParse({ name: "p", kernel }).success, kernel);
	}
	t.true(Profile.safeParse({ name: "p", kernel: "https://boot.example/vmlinuz?x=1" }).success);
});

test("a refusal is words on the screen, whatever is in it", (t) => {
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string({ unit: codePoint, maxLength: 60 }),
				fc.string({ unit: fc.constantFrom(..."# ;&|${}\\\n-a".split("")), maxLength: 30 }),
			),
			(reason) => {
				const lines = parseIpxe(refusalScript(reason));
				t.deepEqual(
					lines.map((line) => [line.commands.length, line.commands[0]?.words[0]]),
					[
						[1, "echo"],
						[1, "sleep"],
						[1, "exit"],
					],
				);
			},
		),
		{ numRuns: 5000 },
	);
	t.true(refusalScript("no profile for 52:54:00:a1:9c:ae").includes("rollcall: no profile for 52:54:00:a1:9c:ae\n"));
});

test("the menu offers its entries, and every one of them ends in a boot or in the menu", (t) => {
	const script = menuScript(
		{
			title: "Lab 2",
			timeoutSeconds: 10,
			default: "disk",
			entries: [
				{ kind: "rollcall", name: "roll", title: "Kubernetes (in RAM)" },
				{ kind: "local-disk", name: "disk", title: "The system on the disk" },
				{ kind: "memtest", name: "mem", title: "Memory test", kernel: "/assets/memtest64.bin" },
				{ kind: "chain", name: "site", title: "Other things", url: "http://boot.example/menu.ipxe" },
			],
		},
		urlsOf({}, ""),
	);
	assertGolden(t, "menu.ipxe", script);
	const labels = parseIpxe(script).flatMap((line) => (line.label === undefined ? [] : [line.label]));
	t.deepEqual(labels, ["menu", "entry-roll", "entry-disk", "entry-mem", "entry-site"]);
	t.false(script.includes("token"));
});
