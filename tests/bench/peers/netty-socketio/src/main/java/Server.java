// SPDX-License-Identifier: MIT

import com.corundumstudio.socketio.Configuration;
import com.corundumstudio.socketio.SocketConfig;
import com.corundumstudio.socketio.SocketIOServer;
import java.net.InetAddress;
import java.net.ServerSocket;

/** The application of tests/bench/server on netty-socketio, with one thread at work. */
public final class Server {
	private static void setUp(SocketIOServer io) {
		io.addConnectListener(client -> client.joinRoom("all"));
		io.addEventListener("echo", String.class,
			(client, text, ack) -> client.sendEvent("echo", text));
		io.addEventListener("raw", String.class,
			(client, text, ack) -> client.sendEvent("raw", text));
		io.addEventListener("ack", String.class, (client, text, ack) -> ack.sendAckData(text));
		io.addEventListener("binary", byte[].class,
			(client, bytes, ack) -> client.sendEvent("binary", (Object) bytes));
		io.addEventListener("broadcast", String.class, (client, text, ack) ->
			io.getBroadcastOperations().sendEvent("broadcast", text));
		io.addEventListener("relay", String.class, (client, text, ack) ->
			io.getRoomOperations("all").sendEvent("relay", text));
		io.addEventListener("join", Integer.class, (client, number, ack) -> {
			client.set("room", "room " + number);
			client.joinRoom(client.get("room"));
			ack.sendAckData();
		});
		io.addEventListener("say", String.class, (client, text, ack) -> {
			String room = client.get("room");
			io.getRoomOperations(room).sendEvent("say", client, text);
			ack.sendAckData();
		});
	}

	/** The library does not tell which port it was given, so one is looked for before. */
	private static int port(String wanted) throws Exception {
		if (wanted != null && !wanted.equals("0")) return Integer.parseInt(wanted);
		try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return any.getLocalPort();
		}
	}

	public static void main(String[] args) throws Exception {
		Configuration options = new Configuration();
		options.setHostname("127.0.0.1");
		options.setPort(port(System.getenv("PORT")));
		options.setBossThreads(1);
		options.setWorkerThreads(1);
		options.setUseLinuxNativeEpoll(true);
		SocketConfig socket = new SocketConfig();
		socket.setReuseAddress(true);
		socket.setAcceptBackLog(4096);
		options.setSocketConfig(socket);
		String interval = System.getenv("PING_INTERVAL");
		if (interval != null) options.setPingInterval(Integer.parseInt(interval));

		SocketIOServer io = new SocketIOServer(options);
		setUp(io);
		io.start();
		System.out.println("READY " + options.getPort());
	}
}
