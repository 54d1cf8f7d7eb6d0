import test from "ava";
import { convertButane } from "../../src/boot/butane/convert.ts";
import { escapeUnitPath } from "../../src/boot/butane/mount-units.ts";
import { findingText } from "../../src/boot/finding.ts";

function findings(text: string): string[] {
	const converted = convertButane(text);
	return converted.ok ? [] : converted.findings.map(findingText);
}

test("local files give units, drop-ins and keys, from Flatcar 1.1 on", (t) => {
	const text = [
		"variant: flatcar",
		"version: 1.1.0",
		"systemd:",
		"  units:",
		"    - {name: a.service, contents_local: a}",
		"passwd:",
		"  users:",
		"    - {name: core, ssh_authorized_keys_local: [keys]}",
		"",
	].join("\n");
	const converted = convertButane(
		text,
		new Map([
			["a", "[Service]\n"],
			["keys", "k1\n# no\n\nk2\n"],
		]),
	);
	t.true(converted.ok);
	if (!converted.ok) return;
	t.deepEqual(converted.config, {
		ignition: { version: "3.4.0" },
		systemd: { units: [{ name: "a.service", contents: "[Service]\n" }] },
		passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k1", "k2"] }] },
	});
});

test("local files are found by the ways that lead to them, and stay what they are, byte by byte", (t) => {
	const image = Uint8Array.from({ length: 256 }, (_, byte) => 255 - byte);
	const files = new Map<string, string | Uint8Array>([
		["web/logo.png", image],
		["motd", new TextEncoder().encode("hello")],
	]);
	const head = "variant: fcos\nversion: 1.4.0\nstorage:\n  files:\n";
	const sourceOf = (local: string) => {
		const converted = convertButane(`${head}    - {path: /a, contents: {local: "${local}"}}\n`, files);
		if (!converted.ok) return converted.findings[0]?.message;
		return (converted.config.storage as { files: { contents: { source: string } }[] }).files[0]?.contents.source;
	};
	t.is(sourceOf("./motd"), "data:,hello");
	for (const way of ["web/logo.png", "./web/logo.png", "web//logo.png", "././web/./logo.png"])
		t.is(sourceOf(way), `data:;base64,${Buffer.from(image).toString("base64")}`);
	for (const way of ["../motd", "/motd", "web/../motd", "web", ""])
		t.regex(sourceOf(way) ?? "", /not given along/, way);
	const unit = "variant: fcos\nversion: 1.5.0\nsystemd: {units: [{name: a.service, contents_local: ./web/logo.png}]}\n";
	const converted = convertButane(unit, files);
	t.deepEqual(converted.ok ? [] : converted.findings.map(({ message }) => message), [
		"the local file ./web/logo.png is not UTF-8 text",
	]);
});

test("what lies below a file is refused, since Ignition would end there", (t) => {
	const storage = (text: string) => findings(`variant: fcos\nversion: 1.5.0\nstorage: ${text}\n`);
	t.deepEqual(storage("{files: [{path: /etc/a}, {path: /etc/a/b/c}, {path: /etc/ab}]}"), [
		"storage.files[1]: line 3: /etc/a/b/c lies below a file",
	]);
	t.deepEqual(storage("{files: [{path: /a}], links: [{path: /a/l, target: /b}]}"), [
		"storage.links[0]: line 3: /a/l lies below a file",
	]);
	t.deepEqual(storage("{directories: [{path: /etc/d}, {path: /}], files: [{path: /etc/d/a}]}"), []);
});

test("paths become unit names as systemd writes them", (t) => {
	t.is(escapeUnitPath("/"), "-");
	t.is(escapeUnitPath("/dev/disk/by-id/a b"), "dev-disk-by\\x2did-a\\x20b");
	t.is(escapeUnitPath("//var//lib/.x/"), "var-lib-.x");
});
