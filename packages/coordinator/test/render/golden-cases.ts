import type { Fleet } from "../../src/domain/fleet.ts";
import { labFacts } from "./fleet-of.ts";
import { restoring } from "./restoring.ts";

const GI = 2 ** 30;

/** One tree to keep: which document, which machine of it. */
export interface GoldenCase {
	readonly name: string;
	readonly document: string;
	/** Number of the seat whose tree is kept. */
	readonly seat: number;
	readonly facts: readonly ReturnType<typeof labFacts>[];
	/** What happened to the fleet before. */
	readonly fleet?: (fleet: Fleet) => Fleet;
}

const slots = (own: boolean): string =>
	own
		? `slots:
  - { name: etcd, role: etcd, count: 3 }
  - { name: control, role: control-plane, count: 2 }
  - { name: workers, role: worker, count: rest }
`
		: `slots:
  - { name: control, role: control-plane, count: 1 }
  - { name: workers, role: worker, count: rest }
`;

const head = (version: string, more = ""): string => `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes:
  version: "${version}"
${more}networks:
  nodeAddress: { cidr: 192.168.1.0/24 }
`;

const KIOSK = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: kiosks, role: kiosk, count: 1 }
roles:
  kiosk:
    files:
      - path: /run/systemd/system/kiosk.service
        mode: "0644"
        content: |
          [Unit]
          Description=The screen of {{nodeName}}

          [Service]
          ExecStart=/usr/bin/python3 -m http.server 8080 --bind {{ address }}
          Restart=always
      - path: /etc/rollcall/role/kiosk.json
        mode: "0600"
        content: '{"machine": "{{machineId}}", "literal": "{{{{nodeName}}"}'
    units:
      - name: kiosk.service
        restartOn: [/etc/rollcall/role/kiosk.json]
    probes:
      - { kind: http, component: kiosk, port: 8080, path: / }
`;

const EVERYTHING = `  proxyMode: nftables
  featureGates: { WatchList: false }
  extraArguments:
    apiServer: { v: "2" }
    kubelet: { v: "3" }
  oidc:
    - { issuerUrl: "https://login.lab.example", clientId: kubernetes, groupsClaim: groups }
  artifacts:
    - path: /opt/rollcall/bin/kubelet
      mode: "0755"
      sha256: "sha256:${"0".repeat(64)}"
      sizeBytes: 60000000
      urls: ["http://192.168.1.2/kubelet"]
    - path: /opt/rollcall/archives/cni-plugins
      mode: "0600"
      sha256: "sha256:${"2".repeat(64)}"
      sizeBytes: 50000000
      urls: ["http://192.168.1.2/cni-plugins.tgz"]
      unpack:
        - { member: bridge, path: /opt/cni/bin/bridge, mode: "0755" }
        - { member: portmap, path: /opt/cni/bin/portmap, mode: "0755" }
volumes:
  nfs: { server: files.lab.example, path: /volumes, storageClass: lab, reclaimPolicy: Retain }
controlPlane:
  endpoint: api.lab.example
  certificateNames: [kube.lab.example]
images:
  repository: mirror.lab.example/kubernetes
  overrides:
    haproxy: mirror.lab.example/haproxy@sha256:${"1".repeat(64)}
  archives:
    - { name: site, sha256: "sha256:${"3".repeat(64)}", sizeBytes: 300000000, urls: ["http://192.168.1.2/site.tar"] }
  mirrors:
    - { registry: docker.io, endpoints: ["http://192.168.1.2:5001"] }
    - { registry: "quay.io:443", endpoints: ["http://192.168.1.2:5002"], fallback: false }
`;

const CALICO = "  podNetwork: calico\n";
const FLANNEL = "  podNetwork: flannel\n";

const lab = (count: number) => Array.from({ length: count }, (_, index) => labFacts(index));

/** All kept trees. */
export const GOLDEN_CASES: readonly GoldenCase[] = [
	...["1.34", "1.35", "1.36"].flatMap((version) => [
		{ name: `control-plane-${version}`, document: head(version) + slots(false), seat: 0, facts: lab(2) },
		{ name: `worker-${version}`, document: head(version) + slots(false), seat: 1, facts: lab(2) },
		{ name: `etcd-${version}`, document: head(version) + slots(true), seat: 1, facts: lab(6) },
	]),
	{
		name: "control-plane-restoring-1.36",
		document: head("1.36") + slots(false),
		seat: 0,
		facts: lab(2),
		fleet: restoring,
	},
	{ name: "etcd-restoring-1.36", document: head("1.36") + slots(true), seat: 1, facts: lab(6), fleet: restoring },
	{ name: "control-plane-own-etcd-1.36", document: head("1.36") + slots(true), seat: 3, facts: lab(6) },
	{ name: "worker-own-etcd-1.36", document: head("1.36") + slots(true), seat: 5, facts: lab(6) },
	{ name: "control-plane-everything-1.36", document: everything(), seat: 0, facts: lab(2) },
	{ name: "worker-everything-1.36", document: everything(), seat: 1, facts: lab(2) },
	{ name: "worker-ipv6-1.36", document: ipv6(), seat: 1, facts: [v6(0), v6(1)] },
	{ name: "control-plane-dual-1.36", document: dual(), seat: 0, facts: [v6(0), v6(1)] },
	{ name: "worker-dual-1.36", document: dual(), seat: 1, facts: [v6(0), v6(1)] },
	{ name: "control-plane-calico-1.36", document: head("1.36", CALICO) + slots(false), seat: 0, facts: lab(2) },
	{ name: "worker-calico-1.36", document: head("1.36", CALICO) + slots(false), seat: 1, facts: lab(2) },
	{ name: "control-plane-flannel-1.36", document: head("1.36", FLANNEL) + slots(false), seat: 0, facts: lab(2) },
	{ name: "worker-flannel-1.36", document: head("1.36", FLANNEL) + slots(false), seat: 1, facts: lab(2) },
	{ name: "kiosk-1.36", document: KIOSK, seat: 0, facts: lab(1) },
];

function everything(): string {
	return (
		head("1.36", EVERYTHING).replace("  nodeAddress:", "  dnsServers: [192.168.1.1, 192.168.1.2]\n  nodeAddress:") +
		`slots:
  - { name: control, role: control-plane, count: 1, taints: [] }
  - name: workers
    role: worker
    count: rest
    nodeLabels: { room: "117" }
    taints: [{ key: lab, value: dark, effect: NoExecute }]
`
	);
}

function dual(): string {
	return `${head("1.36")}  second: { pods: "fd00:10::/56", services: "fd00:20::/112" }
${slots(false)}`;
}

function ipv6(): string {
	return `${head("1.36").replace("192.168.1.0/24", "2001:db8:1::/64")}  pods: fd00:10::/48
  services: fd00:20::/112
${slots(false)}`;
}

function v6(index: number) {
	const facts = labFacts(index);
	return labFacts(index, {
		cgroupVersion: 1,
		memory: { totalBytes: 4 * GI, availableBytes: 3 * GI },
		nics: facts.nics.map((nic) => ({ ...nic, addresses: [...nic.addresses, `2001:db8:1::${10 + index}/64`] })),
	});
}
