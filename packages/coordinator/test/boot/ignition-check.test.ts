import { testNeeding } from "@rollcall/test-support/needing";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { checkIgnition } from "../../src/boot/ignition/check.ts";
import { unitContentFault } from "../../src/boot/ignition/unit-content.ts";
import { debian, IGNITION, ignitionValidate } from "./programs/debian.ts";

const config = (rest: object) => ({ ignition: { version: "3.3.0" }, ...rest });
const own = (rest: object) => ({ ignition: { version: "3.3.0", ...rest } });
const unit = (contents: string) => config({ systemd: { units: [{ name: "a.service", contents }] } });
const source = (text: string) => config({ storage: { files: [{ path: "/a", contents: { source: text } }] } });
const user = (rest: object) => config({ passwd: { users: [{ name: "core", ...rest }] } });
const headers = (...names: string[]) =>
	config({
		storage: {
			files: [
				{ path: "/a", contents: { source: "http://x", httpHeaders: names.map((name) => ({ name, value: "v" })) } },
			],
		},
	});

const partitions = (...partitions: object[]) => config({ storage: { disks: [{ device: "/dev/sda", partitions }] } });

/** What Ignition ends at, or takes. */
const CONFIGS: Record<string, readonly object[]> = {
	"contents of units": [
		"[Unit\nDescription=x",
		"[Unit]\nDescription",
		"[Unit] x\nA=b",
		"[Service]\nExecStart=/bin/x \\\n# c\n -a\n",
		`[Service]\nExecStart=/bin/echo ${"x".repeat(3000)}`,
		"# c\n[Unit]\nDescription=x\\\n y\n",
		"Description=x",
		"[Unit]\n =x",
		" [Unit]\nA=b",
		"[Unit]\nA b=c",
		"[Unit]\r\nA=b\r\n\r\n[Install]\r\nB=c\r\n",
		"[Service]\nA=b \\\n\nC\n",
		"; x \\\n[Unit\n[Unit]\nA=b",
	].map(unit),
	"content in URLs": [
		"data:,a%20b",
		"data:,a b",
		"data:,a%zz",
		"data:;base64,YWI=",
		"data:;base64,YWI",
		"data:;base64,@@",
		"data:abc",
		"data:text/plain;charset=utf-8,a",
		"data:text/plain;base64,YWI=",
		"data:,ä",
		"data:,",
		"data:,a#b",
	].map(source),
	"what is there twice": [
		user({ sshAuthorizedKeys: ["a", "a"] }),
		user({ groups: ["a", "a"] }),
		user({ groups: ["a", "b"], sshAuthorizedKeys: ["a", "b"] }),
		config({ kernelArguments: { shouldExist: ["a b", "a b"] } }),
		config({ kernelArguments: { shouldExist: ["a"], shouldNotExist: ["a"] } }),
		own({ config: { merge: [{ source: "http://a" }, { source: "http://a" }] } }),
		own({ security: { tls: { certificateAuthorities: [{ source: "http://a" }, { source: "http://a" }] } } }),
		own({ proxy: { noProxy: ["a", "a"] } }),
		headers("A", "A"),
		headers("A", "B"),
		partitions({ number: 1 }, { number: 1 }),
		partitions({ number: 1 }, { number: 2 }),
		// 0 is the next free number.
		partitions({ label: "a" }, { label: "b" }, { number: 0, label: "c" }, { number: 0, label: "d" }),
		partitions({ number: 1, label: "a" }, { number: 2, label: "a" }),
		partitions({ number: 1, label: "" }, { number: 2, label: "" }),
		partitions({ number: 1, label: null }, { number: 2, label: null }),
	],
	"names and places": [
		headers(""),
		own({ proxy: { httpProxy: "a" } }),
		own({ proxy: { httpsProxy: "https://a", noProxy: ["b"] } }),
		config({ storage: { luks: [{ name: "a/b", device: "/dev/a" }] } }),
		source("s3://bucket/key?versionId=1"),
	],
};

const ignition = await debian(IGNITION);

for (const [what, configs] of Object.entries(CONFIGS)) {
	testNeeding(ignition)(`of ${what}, what passes here passes Ignition's own validator, and nothing else`, async (t) => {
		const validate = await ignitionValidate();
		for (const one of configs) {
			const theirs = validate(one);
			t.is(checkIgnition(one).ok, theirs.status === 0, `${JSON.stringify(one).slice(0, 300)}: ${theirs.output}`);
		}
		t.true(configs.some((one) => checkIgnition(one).ok));
	});
}

testNeeding(ignition)("any text is a unit here when it is one for Ignition", async (t) => {
	const validate = await ignitionValidate();
	const piece = fc.constantFrom(
		"[Unit]",
		"[",
		"]",
		"A=b",
		"A",
		"=",
		"\n",
		"\n",
		"\r\n",
		"\\\n",
		"\\",
		" ",
		"#",
		";",
		"c",
	);
	const [text] = [fc.array(piece, { maxLength: 12 }).map((pieces) => `[Unit]\n${pieces.join("")}`)];
	// A section's name over several lines is one for Ignition and none for systemd.
	const seen = ["[Unit]\nA=b\\\r\n\\\n", "[Unit]\nA=b\\\r\nc=d\n", "[Unit]\n#\\ \r\nA"];
	for (const contents of [...seen, ...fc.sample(text, 150)].filter((one) => !/\[[^\]\n]*\n/.test(one))) {
		const theirs = validate(unit(contents));
		t.is(
			unitContentFault(contents) === undefined,
			theirs.status === 0,
			`${JSON.stringify(contents)}: ${theirs.output}`,
		);
	}
});

test("a fault of a unit is told with its line, of a drop-in with its place", (t) => {
	const checked = checkIgnition(
		config({
			systemd: { units: [{ name: "a.service", dropins: [{ name: "b.conf", contents: "[Service]\nA=b\nC\n" }] }] },
		}),
	);
	t.deepEqual(checked.ok ? [] : checked.findings, [
		{
			path: ["systemd", "units", 0, "dropins", 0, "contents"],
			message: "line 3: neither a section nor an option with a value",
		},
	]);
});
