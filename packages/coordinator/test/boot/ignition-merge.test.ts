import test from "ava";
import { mergeIgnition, mergeLegacyIgnition } from "../../src/boot/ignition/merge.ts";

const v = (version: string) => ({ ignition: { version } });

test("the newer version stays, whichever part has it", (t) => {
	t.is((mergeIgnition(v("3.4.0"), v("3.1.0")).ignition as { version: string }).version, "3.4.0");
	t.is((mergeIgnition(v("3.9.0"), v("3.10.0")).ignition as { version: string }).version, "3.10.0");
});

test("entries with the same key are merged in place, others follow", (t) => {
	const merged = mergeIgnition(
		{
			...v("3.3.0"),
			systemd: {
				units: [
					{ name: "a.service", enabled: true },
					{ name: "b.service", mask: true },
				],
			},
		},
		{ ...v("3.3.0"), systemd: { units: [{ name: "c.service" }, { name: "a.service", contents: "x", enabled: null }] } },
	);
	t.deepEqual(merged.systemd, {
		units: [
			{ name: "a.service", enabled: true, contents: "x" },
			{ name: "b.service", mask: true },
			{ name: "c.service" },
		],
	});
});

test("a path that a later part makes a link is no file any more", (t) => {
	const merged = mergeIgnition(
		{ ...v("3.3.0"), storage: { files: [{ path: "/a" }, { path: "/b" }], directories: [{ path: "/c" }] } },
		{ ...v("3.3.0"), storage: { links: [{ path: "/a", target: "/x" }], files: [{ path: "/c" }] } },
	);
	t.deepEqual(merged.storage, {
		files: [{ path: "/b" }, { path: "/c" }],
		directories: [],
		links: [{ path: "/a", target: "/x" }],
	});
});

test("appended contents and options are joined, keys and groups are not doubled", (t) => {
	const merged = mergeIgnition(
		{
			...v("3.3.0"),
			storage: {
				files: [{ path: "/a", append: [{ source: "data:,1" }] }],
				filesystems: [{ device: "/d", options: ["-L"] }],
			},
			passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k1"], groups: ["sudo"] }] },
		},
		{
			...v("3.3.0"),
			storage: {
				files: [{ path: "/a", append: [{ source: "data:,1" }] }],
				filesystems: [{ device: "/d", options: ["-L"] }],
			},
			passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k2", "k1"], groups: ["sudo"] }] },
		},
	);
	t.deepEqual(merged.storage, {
		files: [{ path: "/a", append: [{ source: "data:,1" }, { source: "data:,1" }] }],
		filesystems: [{ device: "/d", options: ["-L", "-L"] }],
	});
	t.deepEqual(merged.passwd, { users: [{ name: "core", sshAuthorizedKeys: ["k1", "k2"], groups: ["sudo"] }] });
});

test("a header without a value takes the earlier one away; a kernel argument moves between the lists", (t) => {
	const file = (value: string | null) => ({
		path: "/a",
		contents: { source: "http://x/", httpHeaders: [{ name: "X", value }] },
	});
	const merged = mergeIgnition(
		{ ...v("3.3.0"), storage: { files: [file("1")] }, kernelArguments: { shouldExist: ["quiet", "b"] } },
		{ ...v("3.3.0"), storage: { files: [file(null)] }, kernelArguments: { shouldNotExist: ["quiet"] } },
	);
	t.deepEqual(merged.storage, { files: [{ path: "/a", contents: { source: "http://x/", httpHeaders: [] } }] });
	t.deepEqual(merged.kernelArguments, { shouldExist: ["b"], shouldNotExist: ["quiet"] });
});

test("fields of specs that are newer than ours are kept", (t) => {
	const merged = mergeIgnition(
		{ ...v("3.5.0"), storage: { luks: [{ name: "l", cex: { enabled: true }, openOptions: ["a"] }] } },
		{ ...v("3.3.0"), storage: { luks: [{ name: "l", openOptions: ["b"] }] } },
	);
	t.deepEqual(merged.storage, { luks: [{ name: "l", cex: { enabled: true }, openOptions: ["a", "b"] }] });
});

test("spec 2 joins its lists", (t) => {
	t.deepEqual(
		mergeLegacyIgnition(
			{ ...v("2.3.0"), systemd: { units: [{ name: "a.service" }] } },
			{ ...v("2.1.0"), systemd: { units: [{ name: "a.service", mask: true }] }, networkd: { units: [] } },
		),
		{
			...v("2.3.0"),
			systemd: { units: [{ name: "a.service" }, { name: "a.service", mask: true }] },
			networkd: { units: [] },
		},
	);
});
