/** A Butane file with something of everything that Fedora CoreOS knows. */
export const EVERYTHING = `variant: fcos
version: 1.4.0
ignition:
  timeouts: {http_total: 30}
  security:
    tls:
      certificate_authorities:
        - inline: |
            not really
  proxy:
    http_proxy: http://proxy.example:3128
    no_proxy: [127.0.0.1]
storage:
  directories:
    - path: /opt/site
      mode: 0755
      user: {name: core}
      group: {id: 500}
  files:
    - path: /etc/motd
      mode: 0644
      overwrite: true
      contents:
        inline: |
          Grüße: 100 %
    - path: /etc/profile.d/site.sh
      mode: 420
      append:
        - local: site.sh
    - path: /opt/tool
      mode: 0o755
      contents:
        source: https://example.com/tool
        compression: gzip
        http_headers:
          - {name: X-Site, value: "1"}
        verification:
          hash: sha256-${"0".repeat(64)}
  links:
    - path: /etc/localtime
      target: ../usr/share/zoneinfo/Europe/Berlin
  disks:
    - device: /dev/vda
      wipe_table: true
      partitions:
        - {number: 1, label: data, size_mib: 512, start_mib: 0, type_guid: 0fc63daf-8483-4772-8e79-3d69d8477de4, resize: true}
  raid:
    - {name: data, level: raid1, devices: [/dev/sda, /dev/sdb], spares: 0}
  luks:
    - name: secret
      device: /dev/vdb
      key_file: {inline: key}
      options: [--pbkdf, argon2i]
  filesystems:
    - device: /dev/md/data
      path: /var/lib/data
      format: xfs
      label: data
      mount_options: [noatime]
      with_mount_unit: true
    - {device: /dev/vdc, format: swap, with_mount_unit: true}
systemd:
  units:
    - name: site.service
      enabled: true
      contents: |
        [Service]
        ExecStart=/bin/true

        [Install]
        WantedBy=multi-user.target
    - name: update-engine.service
      mask: true
    - name: docker.service
      dropins:
        - name: 10-log.conf
          contents: |
            [Service]
            Environment=A=1
passwd:
  users:
    - name: core
      ssh_authorized_keys: [ssh-ed25519 AAAA a]
      groups: [sudo]
      password_hash: "$y$j9T$x"
      home_dir: /home/core
      no_create_home: true
      uid: 1000
  groups:
    - {name: ops, gid: 1234, system: true}
kernel_arguments:
  should_exist: [quiet]
  should_not_exist: [rhgb]
`;

/** The local files that it names. */
export const FILES = new Map([["site.sh", "export A=1\n"]]);
