import type { Facts } from "@rollcall/protocol";
import fc, { codePoint } from "@rollcall/test-support/properties";

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
const label = fc.dictionary(name, fc.stringMatching(/^[A-Za-z0-9]{0,8}$/), { maxKeys: 3 });
const octet = fc.integer({ min: 0, max: 255 });
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const nodeAddress = fc.constantFrom(
	{ defaultRoute: true },
	{ cidr: "192.168.1.0/24" },
	{ interface: "eth0" },
	{ interface: "eth1" },
	{ cidr: "10.0.0.0/8" },
);
const networks = fc.record(
	{
		pods: fc.oneof(
			fc.constant("10.254.0.0/16"),
			octet.map((part) => `10.${part}.0.0/16`),
			fc.constant("fd00:10::/48"),
		),
		services: fc.oneof(
			fc.constant("10.253.0.0/16"),
			octet.map((part) => `172.16.${part}.0/24`),
			fc.constant("fd00:20::/112"),
		),
		second: fc.constant({ pods: "fd00:30::/56", services: "fd00:40::/112" }),
		nodeAddress,
		dnsDomain: fc.constantFrom("cluster.local", "lab.example"),
		dnsServers: fc.array(fc.ipV4(), { maxLength: 4 }),
	},
	{ requiredKeys: [] },
);

const kubernetes = fc.record(
	{
		version: fc.constantFrom("1.34", "1.35", "1.36", "1.36.2", "1.33"),
		proxyMode: fc.constantFrom("iptables", "ipvs", "nftables", "none"),
		podNetwork: fc.constantFrom("routed", "flannel", "calico", "none"),
		featureGates: fc.dictionary(fc.constantFrom("WatchList", "MemoryQoS", "ContextualLogging"), fc.boolean(), {
			maxKeys: 3,
		}),
		audit: fc.constantFrom("metadata", "none", { rules: [{ level: "Metadata" }] }),
		encryptionAtRest: fc.boolean(),
		extraArguments: fc.record(
			{
				kubelet: fc.dictionary(
					fc.constantFrom("image-credential-provider-bin-dir", "image-credential-provider-config"),
					fc.string({ unit: codePoint, maxLength: 12 }),
					{ maxKeys: 2 },
				),
			},
			{ requiredKeys: [] },
		),
	},
	{ requiredKeys: ["version"] },
);

const slot = fc.record(
	{
		name,
		role: fc.constantFrom("control-plane", "worker", "etcd", "kiosk"),
		grade: fc.constant("claimed"),
		count: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant("rest")),
		nodeLabels: label,
		taints: fc.array(fc.record({ key: name, value: name, effect: fc.constantFrom("NoSchedule", "NoExecute") }), {
			maxLength: 2,
		}),
	},
	{ requiredKeys: ["name", "role", "count", "grade"] },
);

const kiosk = fc.record({
	files: fc.array(
		fc.record({
			path: name.map((part) => `/etc/rollcall/role/${part}`),
			mode: fc.constantFrom("0600", "0755"),
			content: fc.oneof(
				fc.string({ unit: codePoint, maxLength: 60 }),
				fc.constantFrom("{{address}}", "{{nodeName}}-{{ machineId }}", "{{nothing}}", "{{{{"),
			),
		}),
		{ maxLength: 3 },
	),
});

/** Documents as operators write them, most of them valid. */
export const anyDocument = fc.record(
	{
		apiVersion: fc.constant("rollcall/v1"),
		kind: fc.constant("Cluster"),
		name,
		kubernetes,
		networks,
		slots: fc.uniqueArray(slot, { minLength: 1, maxLength: 4, selector: (one) => one.name }),
		roles: kiosk.map((one) => ({ kiosk: one })),
		controlPlane: fc.record(
			{
				endpoint: fc.constantFrom("api.lab.example", "192.168.1.5", "0.0.0.0"),
				port: fc.integer({ min: 1, max: 65535 }),
			},
			{ requiredKeys: [] },
		),
	},
	{ requiredKeys: ["apiVersion", "kind", "name", "kubernetes", "slots", "roles"] },
);

/** What may differ from an ordinary lab machine. */
export const anyFacts: fc.Arbitrary<Partial<Facts>> = fc
	.record({
		memory: optional(
			fc.integer({ min: 0, max: 2 ** 36 }).map((bytes) => ({ totalBytes: bytes, availableBytes: bytes })),
		),
		cgroupVersion: optional(fc.constantFrom<1 | 2>(1, 2)),
		dns: optional(
			fc.record({
				servers: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 })), { maxLength: 6 }),
				search: fc.array(fc.string({ unit: codePoint, maxLength: 20 }), { maxLength: 4 }),
			}),
		),
		routes: optional(
			fc.array(
				fc.record({
					destination: fc.oneof(
						fc.string({ maxLength: 12 }),
						fc.ipV4().map((host) => `${host}/24`),
					),
					nic: fc.constantFrom("eth0", "cni0"),
				}),
				{ maxLength: 3 },
			),
		),
	})
	.map((facts) => Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)));
