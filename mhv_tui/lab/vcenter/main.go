// Command mhv-vcenter is the lab's vCenter: govmomi's simulator, extended for mhv-tui and nova.
//
//	mhv-vcenter -inventory FILE.toml [-recording DIRECTORY] -listen IP:443 -control IP:PORT -cert FILE -key FILE
//
// When it is ready it prints one line of JSON: {"url": ..., "control": ..., "sha256": "AA:BB:...", "pid": ...,
// "hosts": [...], "invented": [...]}; hosts are the names of a recording, see recording.go for invented.
// SIGTERM stops it and deletes its files. It is a simulator: it answers API calls, but no guest boots.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

type server struct {
	world atomic.Pointer[world]
	first *inventory
}

func (s *server) ServeHTTP(res http.ResponseWriter, req *http.Request) {
	s.world.Load().ServeHTTP(res, req)
}

func main() {
	inventoryFile := flag.String("inventory", "", "inventory (TOML); default: a small world")
	recording := flag.String("recording", "", "directory with a recording of a vCenter, which has the datacenters of the inventory")
	listen := flag.String("listen", "127.0.0.2:0", "address of the vCenter (HTTPS)")
	control := flag.String("control", "127.0.0.2:0", "address of the control endpoint (HTTP)")
	cert := flag.String("cert", "", "certificate (PEM); created if the file does not exist")
	key := flag.String("key", "", "its private key (PEM)")
	verbose := flag.Bool("v", false, "print the simulator's log")
	flag.Parse()
	if !*verbose {
		log.SetOutput(io.Discard)
	}
	if err := run(*inventoryFile, *recording, *listen, *control, *cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "mhv-vcenter:", err)
		os.Exit(1)
	}
}

func run(inventoryFile, recording, listen, control, certFile, keyFile string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	inv, err := readInventory(inventoryFile, recording)
	if err != nil {
		return err
	}
	front, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	back, err := net.Listen("tcp", control)
	if err != nil {
		return err
	}
	w, err := newWorld(inv)
	if err != nil {
		return err
	}
	s := &server{first: inv}
	s.world.Store(w)
	defer func() { s.world.Load().close() }()
	host, _, _ := net.SplitHostPort(front.Addr().String())
	cert, err := loadCertificate(certFile, keyFile, append(w.names(), host))
	if err != nil {
		return err
	}
	return s.serve(ctx, front, back, cert)
}

func (s *server) serve(ctx context.Context, front, back net.Listener, cert tls.Certificate) error {
	failed := make(chan error, 2)
	vcenter := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	vcenter.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	controls := &http.Server{Handler: s.control(), ReadHeaderTimeout: time.Minute}
	go func() { failed <- vcenter.ServeTLS(front, "", "") }()
	go func() { failed <- controls.Serve(back) }()
	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"url":      fmt.Sprintf("https://%s/sdk", front.Addr()),
		"control":  fmt.Sprintf("http://%s", back.Addr()),
		"sha256":   thumbprint(cert),
		"pid":      os.Getpid(),
		"hosts":    s.world.Load().recordedNames(),
		"invented": s.world.Load().invented.lines(),
	})
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	_ = vcenter.Close()
	_ = controls.Close()
	return err
}
