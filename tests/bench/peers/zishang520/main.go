// SPDX-License-Identifier: MIT

// The application of tests/bench/server on zishang520/socket.io; to be run with GOMAXPROCS=1.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

func reply(args []any, with ...any) {
	args[len(args)-1].(socket.Ack)(with, nil)
}

func setUp(io *socket.Server, client *socket.Socket) {
	client.Join("all")
	client.On("echo", func(args ...any) { client.Emit("echo", args[0]) })
	client.On("raw", func(args ...any) { client.Emit("raw", args[0]) })
	client.On("ack", func(args ...any) { reply(args, args[0]) })
	client.On("binary", func(args ...any) { client.Emit("binary", args[0]) })
	client.On("broadcast", func(args ...any) { io.Emit("broadcast", args[0]) })
	client.On("relay", func(args ...any) { io.To("all").Emit("relay", args[0]) })
	client.On("join", func(args ...any) {
		room := socket.Room(fmt.Sprintf("room %v", args[0]))
		client.SetData(room)
		client.Join(room)
		reply(args)
	})
	client.On("say", func(args ...any) {
		client.To(client.Data().(socket.Room)).Emit("say", args[0])
		reply(args)
	})
}

func main() {
	options := socket.DefaultServerOptions()
	options.SetServeClient(false)
	if interval, err := strconv.Atoi(os.Getenv("PING_INTERVAL")); err == nil {
		options.SetPingInterval(time.Duration(interval) * time.Millisecond)
	}
	io := socket.NewServer(nil, options)
	io.On("connection", func(clients ...any) { setUp(io, clients[0].(*socket.Socket)) })

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", io.ServeHandler(nil))
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("READY %d\n", listener.Addr().(*net.TCPAddr).Port)
	fmt.Fprintln(os.Stderr, http.Serve(listener, mux))
	os.Exit(1)
}
