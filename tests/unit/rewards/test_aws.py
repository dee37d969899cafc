"""What AWS's errors mean: each says what it is, and none of them that a job does not exist."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from rewards.aws import FROM_A_PROXY, failures, refusal
from rewards.errors import UnreachableError

ABSENT = "no training job 'mine' in us-east-1"


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTrainingJob")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (client_error("ExpiredTokenException", "The security token included in the request is expired"), "expired"),
        (client_error("ExpiredToken", "expired"), "sign in again"),
        (client_error("UnrecognizedClientException", "The security token is invalid"), "does not know these"),
        (client_error("InvalidSignatureException", "clock"), "does not know these"),
        (client_error("AccessDeniedException", "not authorized"), "you may not call DescribeTrainingJob"),
        (client_error("ThrottlingException", "Rate exceeded"), "try again in a minute"),
        (client_error("ServiceUnavailableException", "busy"), "AWS's side failed"),
        (client_error("InternalFailure", ""), "AWS's side failed"),
        (client_error("503", "<html>Sign in to the guest network</html>"), "no answer of AWS's"),
        (client_error("407", "Proxy Authentication Required"), "no answer of AWS's, but a page"),
        (ResponseParserError("Unable to parse response (not well-formed), invalid XML"), "no answer of AWS's"),
        (EndpointConnectionError(endpoint_url="https://api.sagemaker"), "Could not connect"),
        (NoCredentialsError(), "does not know you"),
    ],
    ids=lambda value: getattr(value, "response", {}).get("Error", {}).get("Code", type(value).__name__),
)
def test_each_failure_says_what_it_is_and_not_that_there_is_no_job(error: Exception, words: str):
    said = refusal(error, absent=ABSENT)
    assert said is not None
    assert words in said
    assert "no training job" not in said
    assert "\n" not in said


def head(status: str, *, request_id: str) -> ClientError:
    metadata = {"HTTPStatusCode": int(status), "HTTPHeaders": {"x-amz-request-id": request_id} if request_id else {}}
    return ClientError({"Error": {"Code": status, "Message": "Forbidden"}, "ResponseMetadata": metadata}, "HeadBucket")


def test_a_bare_status_is_aws_s_only_with_the_number_of_the_request():
    assert refusal(head("403", request_id="1")) == "you may not call HeadBucket: ask for permission (403: Forbidden)"
    assert refusal(head("403", request_id="")) == f"{FROM_A_PROXY} (HTTP 403)"


def test_a_page_is_said_to_be_one_and_anything_else_is_left_alone():
    assert refusal(UnreachableError("a page")) == "a page"
    assert refusal(KeyError("x")) is None
    assert UnreachableError in failures()
    assert not issubclass(KeyError, failures())
