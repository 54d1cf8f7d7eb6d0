// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE writes settings
export const json = (value: unknown) => JSON.stringify(value);

/** A folder of matchbox, by the paths of its files: two groups that boot, and files of each kind that cannot be taken over. */
export const FOLDER = new Map([
	[
		"groups/default.json",
		json({ id: "default", name: "All", profile: "site_one", selector: {}, metadata: { etcd_name: "n1" } }),
	],
	[
		"groups/lab/default.json",
		json({ id: "default", profile: "site-two", selector: { mac: "52-54-00-A1-9C-AE", os: "installed" } }),
	],
	["groups/lost.json", json({ id: "lost", profile: "gone" })],
	["groups/broken.json", "{"],
	[
		"profiles/site_one.json",
		json({
			id: "site_one",
			name: "Site one",
			boot: {
				kernel: "/assets/one/vmlinuz",
				initrd: ["/assets/one/image.cpio.gz"],
				args: [
					"initrd=image.cpio.gz console=tty0 console=ttyS0",
					"flatcar.config.url=http://old.example:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}",
					"rootfs=http://old.example:8080/assets/one/rootfs.img",
				],
			},
			ignition_id: "one.ign",
			cloud_id: "x.yaml",
		}),
	],
	[
		"profiles/site-two.json",
		json({
			id: "site-two",
			boot: { kernel: "http://a.example/k", initrd: ["--name main /assets/two/initrd"], args: ["initrd=main"] },
			ignition_id: "two.yaml",
		}),
	],
	["profiles/bad.json", json({ id: "bad", boot: { kernel: "file:///boot/vmlinuz" } })],
	["profiles/templated.json", json({ id: "templated", boot: { kernel: "/assets/k" }, ignition_id: "t.yaml" })],
	[
		"ignition/one.ign",
		json({ ignition: { version: "3.4.0" }, passwd: { users: [{ name: "core", sshAuthorizedKeys: ["k"] }] } }),
	],
	[
		"ignition/two.yaml",
		"variant: flatcar\nversion: 1.0.0\nstorage:\n  files:\n    - path: /a\n      contents: {inline: b}\n",
	],
	["ignition/t.yaml", "variant: flatcar\nversion: 1.0.0\npasswd: {{.users}}\n"],
]);

/** A folder with one profile that a group of this metadata takes. */
export function folderOf(profile: object, more: Record<string, string> = {}, group: object = {}): Map<string, string> {
	return new Map([
		["groups/all.json", json({ id: "all", profile: "p", ...group })],
		["profiles/p.json", json({ id: "p", ...profile })],
		...Object.entries(more),
	]);
}

/** What a profile boots where it does not matter. */
export const boot = { kernel: "/assets/k", args: ["a"] };
/** The smallest Ignition configuration. */
export const IGN = json({ ignition: { version: "3.3.0" } });
