// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE and shells write settings
import { stringify } from "yaml";

const machines = [
	{ mac: "02:00:00:00:00:0a", name: "pc1", labels: { rack: "a" } },
	{ uuid: "7c9e6679-7425-40de-944b-e07fc1f90ae7" },
];
const base = {
	apiVersion: "rollcall/v1",
	kind: "Cluster",
	name: "lab",
	kubernetes: { version: "1.36" },
	networks: { pods: "10.254.0.0/16", services: "10.253.0.0/16" },
	slots: [
		{ name: "control-plane", role: "control-plane", count: 1, selector: { machine: "pc1" } },
		{ name: "worker", role: "worker", count: "rest", selector: { minMemory: "4Gi" } },
	],
	machines,
};

/** Cluster documents as JSON, so that their structure can be changed, too. */
export function clusters(): readonly unknown[] {
	const roles = {
		cache: {
			files: [{ path: "/etc/cache.conf", content: "a: {{nodeName}}\n", mode: "0600", sensitive: true }],
			units: ["cache.service"],
			probes: [{ kind: "tcp", component: "cache", port: 5000 }],
		},
	};
	return [
		base,
		{ ...base, roles, slots: [...base.slots, { name: "cache", role: "cache", count: 1, selector: {} }] },
		{
			...base,
			approval: { rules: [{ name: "a", selector: { labels: { rack: "a" }, not: { rehearsal: true } } }] },
			timeServers: ["192.0.2.1"],
		},
		{
			...base,
			images: { mirrors: { "registry.k8s.io": ["http://192.0.2.1:5000"] } },
			volumes: { nfs: { server: "192.0.2.1", path: "/srv" } },
		},
		stringify(base),
	];
}

export const YAML: readonly string[] = [
	"a: &x [1, 2]\nb: *x\nc: !!str 7\n# comment\nd: |\n  text\ne: >-\n  folded\n  text\n? complex\n: value\n",
	"- {a: 1, b: [x, 'y', \"z\\u0041\"]}\n- ~\n- 0x1F\n- 1e3\n- .inf\n- 2026-01-01\n",
	"%YAML 1.2\n---\na: 1\n...\n",
];

const users =
	"passwd:\n  users:\n    - name: core\n      ssh_authorized_keys: [ssh-ed25519 AAAA]\n      groups: [wheel]\n";
export const BUTANE: readonly string[] = [
	`variant: flatcar\nversion: 1.1.0\n${users}storage:\n  files:\n    - path: /etc/a\n      mode: 0644\n      contents:\n        inline: hello\n    - path: /etc/b\n      contents:\n        local: a\n        compression: gzip\n  directories:\n    - path: /srv/x\n  links:\n    - path: /etc/c\n      target: /etc/a\n`,
	"variant: fcos\nversion: 1.5.0\nstorage:\n  filesystems:\n    - device: /dev/disk/by-label/x\n      format: ext4\n      path: /var/x y\n      with_mount_unit: true\n      mount_options: [noatime]\n  luks:\n    - name: data\n      device: /dev/vdb\n      clevis:\n        tang: [{url: 'http://192.0.2.1', thumbprint: x}]\nsystemd:\n  units:\n    - name: a.service\n      enabled: true\n      contents: |\n        [Unit]\n        Description=a\n        [Service]\n        ExecStart=/bin/true\n      dropins:\n        - name: x.conf\n          contents: |\n            [Service]\n            Environment=A=b\n",
	'{"variant": "fcos", "version": "1.4.0", "storage": {"files": [{"path": "/a", "overwrite": true, "contents": {"source": "data:,x"}, "user": {"id": 0}}]}, "kernel_arguments": {"should_exist": ["a"]}}',
];

export const IGNITION: readonly unknown[] = [
	{
		ignition: {
			version: "3.3.0",
			config: { merge: [{ source: "http://192.0.2.1/a.ign", verification: { hash: `sha512-${"0".repeat(128)}` } }] },
		},
		passwd: {
			users: [{ name: "core", sshAuthorizedKeys: ["ssh-ed25519 AAAA"], uid: 1000 }],
			groups: [{ name: "g", gid: 5 }],
		},
		storage: {
			files: [
				{
					path: "/etc/a",
					mode: 420,
					contents: { source: "data:,hello", compression: "gzip" },
					append: [{ source: "data:,x" }],
				},
			],
			directories: [{ path: "/srv/x", user: { name: "core" } }],
			links: [{ path: "/etc/c", target: "/etc/a", hard: false }],
			disks: [{ device: "/dev/vdb", partitions: [{ number: 1, label: "a", sizeMiB: 10 }] }],
			raid: [{ name: "r", level: "raid1", devices: ["/dev/vdb", "/dev/vdc"] }],
			filesystems: [{ device: "/dev/vdb1", format: "xfs", path: "/x", options: ["-f"] }],
			luks: [{ name: "d", device: "/dev/vdd", keyFile: { source: "data:,k" }, clevis: { tpm2: true } }],
		},
		systemd: {
			units: [
				{
					name: "a.service",
					enabled: true,
					contents: "[Unit]\nDescription=a\n",
					dropins: [{ name: "x.conf", contents: "[Service]\n" }],
				},
			],
		},
		kernelArguments: { shouldExist: ["a=b"], shouldNotExist: ["c"] },
	},
	{
		ignition: { version: "2.3.0" },
		storage: { files: [{ filesystem: "root", path: "/etc/a", contents: { source: "data:,x" } }] },
		systemd: { units: [] },
	},
	{ ignition: { version: "3.9.0" } },
	{ ignition: { version: "3.0.0", proxy: { httpProxy: "http://p" }, timeouts: { httpTotal: 5 } } },
];

const json = (value: unknown): string => JSON.stringify(value);
export const MATCHBOX: readonly unknown[] = [
	{
		"groups/default.json": json({
			id: "default",
			name: "All",
			profile: "one",
			selector: {},
			metadata: { etcd_name: "n1", list: [1] },
		}),
		"groups/two.json": json({
			id: "two",
			profile: "two",
			selector: { mac: "52-54-00-A1-9C-AE", os: "installed" },
			metadata: { key: "ssh-ed25519 AAAA", inner: { a: 1 } },
		}),
		"profiles/one.json": json({
			id: "one",
			name: "Site one",
			boot: {
				kernel: "/assets/one/vmlinuz",
				initrd: ["/assets/one/image.cpio.gz"],
				args: [
					"initrd=image.cpio.gz console=tty0",
					"flatcar.config.url=http://old.example:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}",
				],
			},
			ignition_id: "one.ign",
			cloud_id: "x.yaml",
		}),
		"profiles/two.json": json({
			id: "two",
			boot: {
				kernel: "http://a.example/k",
				initrd: ["--name main /assets/two/initrd"],
				args: ["initrd=main", "a='b c'"],
			},
			ignition_id: "two.yaml",
		}),
		"ignition/one.ign": json({
			ignition: { version: "3.3.0" },
			storage: { files: [{ path: "/etc/a", contents: { source: "data:,x" } }] },
		}),
		"ignition/two.yaml":
			"variant: fcos\nversion: 1.4.0\npasswd:\n  users:\n    - name: core\n      ssh_authorized_keys: ['{{.key}}']\n",
	},
];

export const RELEASES: readonly unknown[] = [
	`${"0a".repeat(32)}  a.tar\n${"0b".repeat(32)} *b.tar\n# SHA512 HASH\n`,
	"FLATCAR_BUILD=4081\nFLATCAR_VERSION=4081.2.0\n",
	{
		release: "44.1",
		architectures: {
			x86_64: {
				artifacts: { metal: { release: "44.1", formats: { pxe: pxe() } } },
				media: { metal: { artifacts: { pxe: pxe() } } },
			},
		},
	},
];

function pxe(): unknown {
	const file = (name: string) => ({ location: `https://a.example/x/${name}`, sha256: "0a".repeat(32), signature: "x" });
	return { kernel: file("kernel"), initramfs: file("initramfs"), rootfs: file("rootfs") };
}
