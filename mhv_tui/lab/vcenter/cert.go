package main

// The lab's certificate: one self-signed certificate per lab, so that a client that trusts it trusts only this lab.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
)

const organization = "mhv-tui lab"

// names returns the names of vCenter and its hosts for the certificate, because nova connects to the hosts by name.
func (w *world) names() []string {
	names := append([]string{w.inv.VCenter.Name}, w.inv.VCenter.Sans...)
	for _, host := range all[*simulator.HostSystem](w, "HostSystem") {
		names = append(names, host.Name)
	}
	slices.Sort(names[1:])
	return names
}

// recordedNames returns the names in a recording that nodes must resolve; empty without a recording.
func (w *world) recordedNames() []string {
	if w.inv.recording == "" {
		return []string{}
	}
	return w.names()
}

// loadCertificate reads the pair. It creates and writes a new one if certFile does not exist or lacks a name (see outdated).
func loadCertificate(certFile, keyFile string, names []string) (tls.Certificate, error) {
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err == nil && !outdated(pair, names) {
			return pair, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return tls.Certificate{}, err
		}
	}
	cert, key, err := makeCertificate(names)
	if err != nil {
		return tls.Certificate{}, err
	}
	if certFile != "" {
		if err := os.WriteFile(certFile, cert, 0o644); err != nil {
			return tls.Certificate{}, err
		}
		if err := os.WriteFile(keyFile, key, 0o600); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.X509KeyPair(cert, key)
}

// outdated reports whether a certificate that this program created lacks a name; others are never replaced.
func outdated(pair tls.Certificate, names []string) bool {
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil || !slices.Contains(leaf.Subject.Organization, organization) {
		return false
	}
	return slices.ContainsFunc(names, func(name string) bool { return leaf.VerifyHostname(name) != nil })
}

func makeCertificate(names []string) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: names[0], Organization: []string{organization}},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().AddDate(5, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else if name != "" {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// thumbprint is the SHA-256 of the certificate as vSphere prints it: AA:BB:...
func thumbprint(cert tls.Certificate) string {
	sum := sha256.Sum256(cert.Certificate[0])
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}
