const PKI = "/etc/kubernetes/pki";
const KUBELET_PKI = "/var/lib/kubelet/pki";

/**
 * Where certificates and keys lie on a node: kubeadm's layout (kubeadm reference, "Implementation details"), and beside it
 * the client pairs of the kubeconfigs, which kubeadm puts inside of them. A target names these files; it never holds a key. Keys of authorities have no
 * place on a node.
 */
export const PKI_PATHS = {
	folder: PKI,
	ca: { certificate: `${PKI}/ca.crt` },
	frontProxyCa: { certificate: `${PKI}/front-proxy-ca.crt` },
	etcdCa: { certificate: `${PKI}/etcd/ca.crt` },
	serviceAccount: { publicKey: `${PKI}/sa.pub`, key: `${PKI}/sa.key` },
	apiServer: { certificate: `${PKI}/apiserver.crt`, key: `${PKI}/apiserver.key` },
	apiServerKubeletClient: {
		certificate: `${PKI}/apiserver-kubelet-client.crt`,
		key: `${PKI}/apiserver-kubelet-client.key`,
	},
	apiServerEtcdClient: { certificate: `${PKI}/apiserver-etcd-client.crt`, key: `${PKI}/apiserver-etcd-client.key` },
	frontProxyClient: { certificate: `${PKI}/front-proxy-client.crt`, key: `${PKI}/front-proxy-client.key` },
	etcdServer: { certificate: `${PKI}/etcd/server.crt`, key: `${PKI}/etcd/server.key` },
	etcdPeer: { certificate: `${PKI}/etcd/peer.crt`, key: `${PKI}/etcd/peer.key` },
	admin: { certificate: `${PKI}/admin.crt`, key: `${PKI}/admin.key` },
	superAdmin: { certificate: `${PKI}/super-admin.crt`, key: `${PKI}/super-admin.key` },
	controllerManager: { certificate: `${PKI}/controller-manager.crt`, key: `${PKI}/controller-manager.key` },
	scheduler: { certificate: `${PKI}/scheduler.crt`, key: `${PKI}/scheduler.key` },
	kubeProxy: { certificate: `${PKI}/kube-proxy.crt`, key: `${PKI}/kube-proxy.key` },
	flannel: { certificate: `${PKI}/flannel.crt`, key: `${PKI}/flannel.key` },
	kubeletClient: {
		certificate: `${KUBELET_PKI}/kubelet-client-current.pem`,
		key: `${KUBELET_PKI}/kubelet-client-current.pem`,
	},
	kubeletServing: { certificate: `${KUBELET_PKI}/kubelet.crt`, key: `${KUBELET_PKI}/kubelet.key` },
	/** Holds the key that Secrets are encrypted with in etcd. */
	encryptionConfiguration: "/etc/kubernetes/encryption/configuration.yaml",
} as const;
