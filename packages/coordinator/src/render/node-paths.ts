/** Files and folders of a node that more than one renderer names; kubeadm's where it has them. */
export const NODE_PATHS = {
	manifests: "/etc/kubernetes/manifests",
	kubeletConfig: "/var/lib/kubelet/config.yaml",
	kubeletKubeconfig: "/etc/kubernetes/kubelet.conf",
	controllerManagerKubeconfig: "/etc/kubernetes/controller-manager.conf",
	schedulerKubeconfig: "/etc/kubernetes/scheduler.conf",
	kubeProxyKubeconfig: "/etc/kubernetes/kube-proxy.conf",
	flannelKubeconfig: "/etc/kubernetes/flannel.conf",
	/** Configuration of components, a folder each. */
	configuration: "/etc/kubernetes",
	resolvConf: "/etc/kubernetes/resolv.conf",
	containerdConfig: "/etc/containerd/config.toml",
	containerdSocket: "unix:///run/containerd/containerd.sock",
	registryHosts: "/etc/containerd/certs.d",
	etcdData: "/var/lib/etcd",
	/** A snapshot that etcd begins with, in clear; `/run` is RAM on every machine with systemd. */
	etcdRestore: "/run/rollcall/role/etcd",
	units: "/run/systemd/system",
	modules: "/etc/modules-load.d/rollcall.conf",
	sysctls: "/etc/sysctl.d/90-rollcall.conf",
	apiServerFolder: "/etc/kubernetes/apiserver",
	auditLogs: "/var/log/kubernetes/audit",
	balancerFolder: "/etc/kubernetes/balancer",
} as const;

/** Ports of a node, besides the API server's, which the cluster document declares. */
export const NODE_PORTS = {
	kubelet: 10250,
	kubeletHealth: 10248,
	controllerManager: 10257,
	scheduler: 10259,
	etcdClient: 2379,
	etcdPeer: 2380,
	etcdMetrics: 2381,
	kubeProxyMetrics: 10249,
	kubeProxyHealth: 10256,
	flannelHealth: 8471,
	calicoHealth: 9099,
	/** The local balancer: the API as the components of every node of the cluster reach it, and its own health. */
	balancer: 7443,
	balancerHealth: 7444,
} as const;
