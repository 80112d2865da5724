# Runs as root on a machine with nova's packages of Debian, once: builds the signed repository of stand-ins, removes nova,
# and hands the machine's package management over to dnf and rpm.
cd /opt/mhv-lab/rpm
repository=/opt/mhv-lab/rpm/repository
export DEBIAN_FRONTEND=noninteractive GNUPGHOME=/root/mhv-lab-keys

# Debian's rpm keeps its database in a home directory.
mkdir -p /etc/rpm "$repository"
echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros

upstream() { dpkg-query -W -f '${Version}' "$1" | sed 's/^[0-9]*://; s/-.*//'; }
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
rpmbuild -bb --quiet --define "_sourcedir $PWD" --define "_rpmdir $repository" --define "_topdir /tmp/mhv-lab-build" \
    --define "nova $(upstream python3-nova)" --define "oslo $(upstream python3-oslo.vmware)" --define "python $python" stand-ins.spec

# The packages are signed with the key "lab"; the key "other" signs nothing.
mkdir -m 700 "$GNUPGHOME"
for name in lab other; do
    gpg --batch --quiet --passphrase '' --quick-generate-key "mhv-tui lab: $name" rsa2048 sign never
    gpg --armor --export "mhv-tui lab: $name" >"$repository/RPM-GPG-KEY-$name"
done
rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name mhv-tui lab: lab' --addsign "$repository"/noarch/*.rpm
createrepo_c --quiet "$repository"

systemctl disable --now -q nova-compute
apt-get purge -q -y nova-compute nova-compute-ironic nova-common python3-nova python3-oslo.vmware
userdel nova
echo "/usr/lib/python$python/site-packages" >/usr/lib/python3/dist-packages/mhv-lab-site-packages.pth
rm -rf "$GNUPGHOME" /tmp/mhv-lab-build /usr/sbin/policy-rc.d /etc/nova /var/lib/nova /var/log/nova

# Without a database of dpkg the machine looks like one of the RPM family on which dpkg and apt are installed as programs.
mv /var/lib/dpkg/status /opt/mhv-lab/rpm/dpkg-status
rm -f /etc/os-release
cp os-release /etc/os-release
mkdir -p /etc/dnf
cp dnf.conf /etc/dnf/dnf.conf
command -v dnf >/dev/null || ln -s dnf5 /usr/bin/dnf
echo 'disable *' >/usr/lib/systemd/system-preset/99-default-disable.preset
rpm -i "$repository"/noarch/mhv-lab-base-*.rpm
